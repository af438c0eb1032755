//! Which weaknesses speak against which requirement of CIS Controls v8, PCI DSS 4.0 and SOC 2. Nobody publishes such a
//! list by CWE, so this is Scanhelm's own reading, kept small: a weakness stands under a requirement only when its words
//! are about that very thing. What a scanner cannot see (policies, people, contracts) has no entry.

use super::Requirement;

pub(super) const CIS_8: &[Requirement] = &[
    Requirement {
        code: "3",
        name: "Data Protection",
        cwes: &[200, 256, 311, 312, 313, 316, 319, 326, 327, 359, 532, 922],
    },
    Requirement {
        code: "4",
        name: "Secure Configuration of Enterprise Assets and Software",
        cwes: &[16, 260, 276, 489, 526, 548, 614, 732, 756, 942, 1004],
    },
    Requirement { code: "5", name: "Account Management", cwes: &[259, 521, 798, 1391, 1392, 1393] },
    Requirement { code: "6", name: "Access Control Management", cwes: &[284, 285, 287, 306, 639, 862, 863] },
    Requirement { code: "7", name: "Continuous Vulnerability Management", cwes: &[937, 1035, 1104, 1395] },
    Requirement { code: "8", name: "Audit Log Management", cwes: &[117, 223, 778] },
    Requirement {
        code: "16",
        name: "Application Software Security",
        cwes: &[20, 22, 74, 77, 78, 79, 89, 90, 91, 94, 95, 119, 120, 352, 434, 502, 601, 611, 676, 787, 917, 918],
    },
];

pub(super) const PCI_DSS_4: &[Requirement] = &[
    Requirement {
        code: "2.2",
        name: "System components are configured and managed securely",
        cwes: &[16, 260, 276, 489, 548, 614, 732, 756, 942, 1004, 1392, 1393],
    },
    Requirement {
        code: "3",
        name: "Protect stored account data",
        cwes: &[256, 311, 312, 313, 316, 759, 760, 916, 922],
    },
    Requirement {
        code: "4",
        name: "Protect cardholder data with strong cryptography during transmission",
        cwes: &[295, 297, 319, 326, 327, 523, 757],
    },
    Requirement {
        code: "6.2.4",
        name: "Software engineering techniques prevent common attacks",
        cwes: &[
            20, 22, 74, 77, 78, 79, 88, 89, 90, 91, 94, 95, 98, 119, 120, 125, 190, 200, 209, 287, 327, 352, 384, 416,
            434, 502, 601, 611, 639, 787, 862, 863, 917, 918,
        ],
    },
    Requirement {
        code: "6.3",
        name: "Security vulnerabilities are identified and addressed",
        cwes: &[937, 1035, 1104, 1395],
    },
    Requirement {
        code: "7",
        name: "Restrict access by business need to know",
        cwes: &[276, 284, 285, 639, 732, 862, 863],
    },
    Requirement {
        code: "8",
        name: "Identify users and authenticate access",
        cwes: &[287, 288, 290, 294, 306, 307, 384, 521, 613, 620, 640],
    },
    Requirement {
        code: "8.6.2",
        name: "Passwords for application and system accounts are not hard coded",
        cwes: &[259, 321, 798],
    },
    Requirement { code: "10", name: "Log and monitor all access", cwes: &[117, 223, 778] },
];

pub(super) const SOC_2: &[Requirement] = &[
    Requirement {
        code: "CC6.1",
        name: "Logical access security",
        cwes: &[256, 259, 284, 285, 287, 306, 311, 312, 321, 326, 327, 522, 639, 732, 798, 862, 863],
    },
    Requirement {
        code: "CC6.6",
        name: "Protection against threats from outside the boundaries",
        cwes: &[22, 77, 78, 79, 89, 94, 307, 352, 434, 502, 611, 918, 942],
    },
    Requirement { code: "CC6.7", name: "Protection of information in transmission", cwes: &[295, 297, 319, 523] },
    Requirement {
        code: "CC6.8",
        name: "Prevention and detection of unauthorized or malicious software",
        cwes: &[345, 353, 426, 427, 494, 506, 829, 830],
    },
    Requirement {
        code: "CC7.1",
        name: "Detection of new vulnerabilities and of changed configurations",
        cwes: &[16, 937, 1035, 1104, 1395],
    },
    Requirement { code: "CC7.2", name: "Monitoring of system components for anomalies", cwes: &[117, 223, 778] },
];
