//! Finds text in log entries as people see it: in any letter case, whatever its colour. Pure.

use anstream::adapter::strip_bytes;
use memchr::{memchr, memmem};

/// What ECMA-48's escape sequences begin with.
const ESC: u8 = 0x1b;

/// Text that is looked for.
pub struct Text {
    needle: memmem::Finder<'static>,
}

impl Text {
    /// Letters count as their other case in ASCII only: logs are bytes, of whatever encoding.
    pub fn new(text: &str) -> Self {
        Self { needle: memmem::Finder::new(text.to_ascii_lowercase().as_bytes()).into_owned() }
    }

    /// Whether `data` contains it; `seen` is memory to work in.
    pub fn is_in(&self, data: &[u8], seen: &mut Vec<u8>) -> bool {
        seen.clear();
        match memchr(ESC, data) {
            None => seen.extend_from_slice(data),
            Some(_) => strip_bytes(data).for_each(|printed| seen.extend_from_slice(printed)),
        }
        seen.make_ascii_lowercase();
        self.needle.find(seen).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(text: &str, data: &[u8]) -> bool {
        // What an entry before left there does not count.
        Text::new(text).is_in(data, &mut b"loss epoch".to_vec())
    }

    #[test]
    fn what_is_seen_is_found() {
        for (text, data) in [
            ("loss", "epoch 3, loss 0.25\n"),
            ("LOSS", "epoch 3, Loss 0.25\n"),
            ("loss", "LOSS"),
            ("", "anything"),
            // SGR: colours.
            ("loss 0.25", "\x1b[1;31mloss\x1b[0m 0.25"),
            ("error", "\x1b[38;5;196mE\x1b[0mrror"),
            // CSI that moves and erases, and OSC: a title, a link.
            ("50%", "\x1b[2K\r\x1b[1A50%"),
            ("see docs", "\x1b]0;title\x07see \x1b]8;;https://example.org/\x1b\\docs\x1b]8;;\x1b\\"),
            ("schön", "\x1b[32msch\u{f6}n\x1b[0m"),
            ("日本", "\x1b[32m日本語\x1b[0m"),
            ("a\tb", "a\tb"),
        ] {
            assert!(finds(text, data.as_bytes()), "{text:?} in {data:?}");
        }
        assert!(finds("loss", b"\xff\xfe loss \x80"), "logs need not be UTF-8");
        assert!(finds("loss", b"\x1b[31m\xff loss \x80"));
    }

    #[test]
    fn what_is_not_seen_is_not_found() {
        for (text, data) in [
            ("loss", "epoch 3"),
            ("31", "\x1b[31mred\x1b[0m"),
            ("title", "\x1b]0;title\x07text"),
            ("schÖn", "schön"),
            ("longer than the line", "the line"),
        ] {
            assert!(!finds(text, data.as_bytes()), "{text:?} in {data:?}");
        }
    }

    proptest! {
        #[test]
        fn searching_takes_anything(text in ".{0,40}", data in proptest::collection::vec(any::<u8>(), 0..200)) {
            finds(&text, &data);
        }

        #[test]
        fn colours_hide_nothing(before in "[ -~]{0,20}", text in "[ -~]{1,20}", after in "[ -~]{0,20}", at in 0..20_usize) {
            let at = at.min(text.len());
            let (left, right) = text.split_at(at);
            let data = format!("{before}\x1b[1m{left}\x1b[0;32m{right}{after}\x1b[m");
            prop_assert!(finds(&text, data.as_bytes()));
        }
    }
}
