//! What a task's processes take away from the permissions of the files that they make.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A umask (umask(2)): 0 to 0777. In words it is octal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Umask(u16);

impl Umask {
    pub fn parse(bits: i64) -> Result<Self, String> {
        let umask = u16::try_from(bits).ok().filter(|bits| *bits <= 0o777).map(Self);
        umask.ok_or_else(|| format!("must be 0 to 511 (0777 in octal), not {bits}"))
    }

    fn parse_octal(text: &str) -> Option<Self> {
        let octal = (1..=4).contains(&text.len()) && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        let bits = u16::from_str_radix(text, 8).ok()?;
        (octal && bits <= 0o777).then_some(Self(bits))
    }

    pub fn bits(self) -> i32 {
        self.0.into()
    }
}

impl fmt::Display for Umask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl Serialize for Umask {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Umask {
    /// From a string only: whether the number 27 is octal, nobody can tell.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Octal;

        impl de::Visitor<'_> for Octal {
            type Value = Umask;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("octal digits in quotes, \"0000\" to \"0777\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Umask, E> {
                Umask::parse_octal(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        from.deserialize_any(Octal)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn umasks() {
        let show = |yaml: &str| match serde_yaml::from_str::<Umask>(yaml) {
            Ok(umask) => format!("{yaml}: {umask}\n"),
            Err(error) => format!("{yaml}: error: {error}\n"),
        };
        let written =
            ["'0027'", "'27'", "'0'", "'0777'", "'1000'", "'0o27'", "'028'", "''", "'00027'", "'+27'", "0027", "27"];
        expect![[r#"
            '0027': 0027
            '27': 0027
            '0': 0000
            '0777': 0777
            '1000': error: invalid value: string "1000", expected octal digits in quotes, "0000" to "0777"
            '0o27': error: invalid value: string "0o27", expected octal digits in quotes, "0000" to "0777"
            '028': error: invalid value: string "028", expected octal digits in quotes, "0000" to "0777"
            '': error: invalid value: string "", expected octal digits in quotes, "0000" to "0777"
            '00027': error: invalid value: string "00027", expected octal digits in quotes, "0000" to "0777"
            '+27': error: invalid value: string "+27", expected octal digits in quotes, "0000" to "0777"
            0027: 0027
            27: error: invalid type: integer `27`, expected octal digits in quotes, "0000" to "0777"
        "#]]
        .assert_eq(&written.map(show).concat());
        for bits in 0..=0o777 {
            let shown = serde_yaml::to_string(&Umask::parse(bits).unwrap()).unwrap();
            assert_eq!(i64::from(serde_yaml::from_str::<Umask>(&shown).unwrap().bits()), bits);
        }
        assert_eq!(Umask::parse(512), Err("must be 0 to 511 (0777 in octal), not 512".into()));
        assert!(Umask::parse(-1).is_err());
    }
}
