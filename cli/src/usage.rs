//! Wrong usage, told in one line that leads to the help of the command it was about.

/// From clap's paragraphs, what is wrong and, where they show how the command is used, which help to read.
pub fn one_line(rendered: &str) -> String {
    let rendered = rendered.split("For more information").next().unwrap_or(rendered);
    let (wrong, usage) = match rendered.split_once("Usage: ") {
        Some((wrong, usage)) => (wrong, Some(usage)),
        None => (rendered, None),
    };
    let lines: Vec<&str> = wrong.trim_start_matches("error: ").lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|paragraph| !paragraph.is_empty());
    let wrong = paragraphs.map(|paragraph| paragraph.join(" ")).collect::<Vec<_>>().join("; ");
    match usage {
        Some(usage) => format!("{wrong}: see `{} --help`", command(usage)),
        None => wrong,
    }
}

/// The words before the first option or value.
fn command(usage: &str) -> String {
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    usage.split_whitespace().take_while(is_name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_and_where_to_read_on() {
        let missing = "error: the following required arguments were not provided:\n  --agent-uid <UID>\n  <TARGET>\n\n\
                       Usage: pedl user link-with-agent-user --agent-uid <UID> <TARGET>\n\nFor more information, try '--help'.";
        let told = "the following required arguments were not provided: --agent-uid <UID> <TARGET>: \
                    see `pedl user link-with-agent-user --help`";
        assert_eq!(one_line(missing), told);
        let unknown = "error: unexpected argument '--ful' found\n\n  tip: a similar argument exists: '--full'\n\n\
                       Usage: pedl user list [OPTIONS]\n";
        let told =
            "unexpected argument '--ful' found; tip: a similar argument exists: '--full': see `pedl user list --help`";
        assert_eq!(one_line(unknown), told);
        let value = "error: invalid value 'x' for '--output <FORMAT>'\n  [possible values: table, json]\n\n\
                     For more information, try '--help'.\n";
        assert_eq!(one_line(value), "invalid value 'x' for '--output <FORMAT>' [possible values: table, json]");
    }
}
