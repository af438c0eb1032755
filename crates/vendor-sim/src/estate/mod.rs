//! The machines of one simulated company and what is wrong with them.
//!
//! Every vendor looks at the same estate: a host is the same machine whichever scanner asks, and it has the same
//! weaknesses, so that findings of two vendors can be joined by host and CVE as in life. What a vendor calls them
//! (plugin, QID) and how it reports them is the vendor's own business. Only the `.nessus`
//! format is a vendor's; it is here because two products of that vendor read and write it.

mod catalogue;
pub(crate) mod hosts;
pub(crate) mod knowledge;
pub(crate) mod nessus_reader;
pub(crate) mod nessus_report;
mod patches;
pub(crate) mod plugin;
pub(crate) mod survey;
