//! One closing line for several test runners.
//!
//! Each runner has its own closing line; whoever reads a log of all of them wants one. A runner that failed without
//! counting a failure (it did not build, or crashed) and one that passed nothing (its filter fits no test any more, or
//! its log is not understood) count as one failed test, so that the closing line can never look better than it was.

/// Tests of one or more runners.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Adds up logs given as `NAME=EXIT:PATH`.
///
/// # Errors
/// When a log cannot be read or an argument is malformed.
pub(crate) fn run(logs: &[&str]) -> Result<String, String> {
    let mut total = Count::default();
    let mut lines = Vec::new();
    for argument in logs {
        let (name, exit, path) = parse_argument(argument)?;
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read the log {path}: {error}"))?;
        let count = settle(count(&text), exit);
        lines.push(format!("{name}: {} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped));
        total += count;
    }
    lines.push(closing_line(total));
    Ok(lines.join("\n"))
}

fn closing_line(total: Count) -> String {
    match total.skipped {
        0 => format!("{} passed, {} failed", total.passed, total.failed),
        skipped => format!("{} passed, {} failed, {skipped} skipped", total.passed, total.failed),
    }
}

fn parse_argument(argument: &str) -> Result<(&str, i32, &str), String> {
    let parsed = argument.split_once('=').and_then(|(name, rest)| {
        let (exit, path) = rest.split_once(':')?;
        Some((name, exit.parse().ok()?, path))
    });
    parsed.ok_or_else(|| format!("`{argument}` is not NAME=EXIT:PATH"))
}

fn settle(mut count: Count, exit: i32) -> Count {
    if count.failed == 0 && (exit != 0 || count.passed == 0) {
        count.failed = 1;
    }
    count
}

fn count(log: &str) -> Count {
    let plain = without_colours(log);
    let mut total = Count::default();
    for line in plain.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let counted = match words.as_slice() {
            // nextest: Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 0 skipped
            ["Summary", ..] => line.split_once(" run: ").map(|(_, counts)| before_words(counts)),
            // cargo test, which indents nothing; nextest shows the same line, indented, of a test that failed:
            // test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 58 filtered out; finished in 1.20s
            ["test", "result:", ..] if line.starts_with("test") => Some(before_words(line)),
            // vitest: Tests  1 failed | 12 passed | 2 skipped (15)
            ["Tests", number, ..] if number.parse::<u64>().is_ok() => Some(before_words(line)),
            // node: # pass 3
            ["#" | "ℹ", word @ ("pass" | "fail" | "skipped" | "cancelled"), number] => number_and(number, word),
            // playwright: 12 passed (3.4s)
            [number, word @ ("passed" | "failed" | "skipped" | "flaky"), ..] => number_and(number, word),
            _ => None,
        };
        if let Some(counted) = counted {
            total += counted;
        }
    }
    total
}

/// Every "NUMBER WORD" of a line; numbers in brackets say how, not how many.
fn before_words(line: &str) -> Count {
    let mut total = Count::default();
    let words: Vec<&str> = line.split([' ', ',', ';', '|']).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        if let [number, word] = pair
            && let Some(counted) = number_and(number, word)
        {
            total += counted;
        }
    }
    total
}

fn number_and(number: &str, word: &str) -> Option<Count> {
    let number = number.parse().ok()?;
    let none = Count::default();
    match word {
        "passed" | "pass" => Some(Count { passed: number, ..none }),
        // "timed out", "exec failed" and a cancelled or flaky test are no passes.
        "failed" | "fail" | "timed" | "exec" | "cancelled" | "flaky" => Some(Count { failed: number, ..none }),
        "skipped" | "ignored" => Some(Count { skipped: number, ..none }),
        _ => None,
    }
}

fn without_colours(log: &str) -> String {
    let mut plain = String::with_capacity(log.len());
    let mut rest = log;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once(|letter: char| letter.is_ascii_alphabetic()).map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(log: &str) -> (u64, u64, u64) {
        let count = count(log);
        (count.passed, count.failed, count.skipped)
    }

    #[test]
    fn cargo_test_counts_once_also_when_nextest_quotes_it() {
        let line = "test result: FAILED. 2 passed; 1 failed; 3 ignored; 0 measured; 58 filtered out; finished in 1.20s";
        assert_eq!(counted(line), (2, 1, 3));
        assert_eq!(counted(&format!("    {line}\n")), (0, 0, 0));
    }

    #[test]
    fn nextest() {
        assert_eq!(counted("     Summary [   0.005s] 4 tests run: 4 passed, 0 skipped\n"), (4, 0, 0));
        let mixed = "     Summary [  61.0s] 12/14 tests run: 8 passed (1 slow, 1 leaky), 1 failed, 2 timed out, 1 exec failed, 3 skipped\n";
        assert_eq!(counted(mixed), (8, 4, 3));
    }

    #[test]
    fn vitest_with_colours() {
        let log = "\u{1b}[2m Test Files \u{1b}[22m \u{1b}[1m\u{1b}[32m3 passed\u{1b}[39m (3)\n\u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m12 passed\u{1b}[39m | 2 skipped (15)\n";
        assert_eq!(counted(log), (12, 1, 2));
    }

    #[test]
    fn playwright_and_node() {
        assert_eq!(counted("  1 failed\n    a.spec.ts:3 › x\n  2 skipped\n  12 passed (3.4s)\n"), (12, 1, 2));
        assert_eq!(counted("# tests 4\n# pass 3\n# fail 1\n# skipped 0\n"), (3, 1, 0));
        assert_eq!(counted("ℹ pass 3\nℹ fail 0\n"), (3, 0, 0));
    }

    #[test]
    fn a_log_that_only_talks_counts_nothing() {
        assert_eq!(counted("the import passed 3 pages\nTests are fun\n"), (0, 0, 0));
    }

    #[test]
    fn a_runner_that_failed_without_counting_or_passed_nothing_counts_as_one_failure() {
        assert_eq!(settle(Count::default(), 101), Count { failed: 1, ..Count::default() });
        assert_eq!(settle(Count { passed: 3, ..Count::default() }, 1).failed, 1);
        assert_eq!(settle(Count::default(), 0), Count { failed: 1, ..Count::default() });
        assert_eq!(settle(Count { skipped: 4, ..Count::default() }, 0).failed, 1);
        assert_eq!(settle(Count { passed: 3, ..Count::default() }, 0), Count { passed: 3, ..Count::default() });
    }

    #[test]
    fn the_closing_line_adds_up_and_stands_alone() {
        let folder = std::env::temp_dir().join(format!("scanhelm-tally-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (rust, web) = (folder.join("rust.log"), folder.join("web.log"));
        std::fs::write(&rust, "Summary [1s] 4 tests run: 4 passed, 0 skipped\n").expect("a log");
        std::fs::write(&web, "error: no such script\n").expect("a log");
        let arguments = [format!("rust=0:{}", rust.display()), format!("web=1:{}", web.display())];
        let report = run(&[&arguments[0], &arguments[1]]).expect("readable logs");
        std::fs::remove_dir_all(&folder).expect("remove the folder");
        assert_eq!(report.lines().last(), Some("4 passed, 1 failed"));
    }

    #[test]
    fn a_malformed_argument_is_refused() {
        assert!(run(&["rust"]).expect_err("no exit code").contains("NAME=EXIT:PATH"));
        assert!(run(&["rust=0:missing-file.log"]).expect_err("no file").contains("missing-file.log"));
    }
}
