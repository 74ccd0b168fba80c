//! How results are printed: a table for people; JSON, YAML or CSV of the same records for programs.

use std::io::{self, Write as _};

use clap::ValueEnum;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, say};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Yaml,
    Csv,
}

impl Format {
    /// Prints records: for programs all that they hold, for people the columns of `table`.
    pub fn list<T: Serialize + Default>(self, records: &[T], table: impl FnOnce() -> String) -> Result<(), Error> {
        match self {
            Self::Table => print(&table()),
            Self::Json => print_json(records),
            Self::Yaml => print_yaml(records),
            Self::Csv => print_csv(&T::default(), records),
        }
    }

    /// Prints one record: for programs all that it holds, for people `text`.
    pub fn one<T: Serialize>(self, record: &T, text: impl FnOnce() -> String) -> Result<(), Error> {
        match self {
            Self::Table => print(&text()),
            Self::Json => print_json(record),
            Self::Yaml => print_yaml(record),
            Self::Csv => print_csv(record, std::slice::from_ref(record)),
        }
    }

    /// Tells what was done: programs get the record as it is now, people a sentence, which is not data.
    pub fn done<T: Serialize>(self, record: &T, sentence: impl FnOnce() -> String) -> Result<(), Error> {
        match self {
            Self::Table => say(sentence()),
            Self::Json | Self::Yaml | Self::Csv => self.one(record, String::new)?,
        }
        Ok(())
    }
}

/// Prints a text on stdout, ending its last line where it does not end itself.
pub fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    Ok(stdout.flush()?)
}

/// A table without borders.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = borderless();
    table.set_header(header);
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable(&cell))));
    render(table)
}

/// Facts about one thing, one a line; those that have nothing to say are left out.
pub fn facts(facts: impl IntoIterator<Item = (&'static str, Option<String>)>) -> String {
    let mut table = borderless();
    for (name, fact) in facts {
        if let Some(fact) = fact {
            table.add_row([format!("{name}:"), printable(&fact)]);
        }
    }
    render(table)
}

/// At most `length` characters, the last of them an ellipsis where some were cut.
pub fn shorten(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_string(),
        Some(_) => text.chars().take(length - 1).chain(['…']).collect(),
    }
}

fn borderless() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table
}

fn render(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// One line without control characters: what other users wrote must not drive this user's terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn print_json<T: Serialize + ?Sized>(data: &T) -> Result<(), Error> {
    print(&serde_json::to_string_pretty(data).map_err(unprintable)?)
}

fn print_yaml<T: Serialize + ?Sized>(data: &T) -> Result<(), Error> {
    print(&serde_yaml::to_string(data).map_err(unprintable)?)
}

fn print_csv<T: Serialize>(example: &T, records: &[T]) -> Result<(), Error> {
    print(&to_csv(example, records)?)
}

/// `example` names the columns, so that an empty list has its header too.
fn to_csv<T: Serialize>(example: &T, records: &[T]) -> Result<String, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields(example)?.into_iter().map(|(name, _)| name)).map_err(unprintable)?;
    for record in records {
        let cells = fields(record)?.into_iter().map(|(_, value)| cell(value));
        writer.write_record(cells).map_err(unprintable)?;
    }
    let bytes = writer.into_inner().map_err(unprintable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn fields<T: Serialize>(record: &T) -> Result<serde_json::Map<String, Value>, Error> {
    let Value::Object(fields) = serde_json::to_value(record).map_err(unprintable)? else {
        return Err(unprintable("it is no record"));
    };
    Ok(fields)
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn unprintable(err: impl std::fmt::Display) -> Error {
    Error::Local(format!("cannot print the result: {err}"))
}

#[cfg(test)]
mod tests {
    use pedl_proto::v1;
    use proptest::prelude::*;

    use super::*;
    use crate::{fuzz, record};

    #[test]
    fn tables_have_no_trailing_spaces_and_no_control_characters() {
        let text = table(["ID", "NAME"], [["1".into(), "a\u{1b}[31m\nb".into()], ["22".into(), "c".into()]]);
        assert_eq!(text, "ID  NAME\n1   a [31m b\n22  c");
    }

    proptest! {
        #![proptest_config(fuzz::config())]

        /// What others wrote stays within its cell and its line, whatever it is.
        #[test]
        fn any_page_of_the_master_is_printed(
            texts in proptest::array::uniform4(any::<String>()),
            (id, seconds, nanos) in any::<(i64, i64, i32)>(),
            (kind, succeeded) in any::<(i32, bool)>(),
        ) {
            let [actor, address, target, detail] = texts;
            let time = Some(prost_types::Timestamp { seconds, nanos });
            let session = v1::Session { id, name: detail.clone(), kind, created_at: time, ..v1::Session::default() };
            let action = String::new();
            let event = v1::AuditEvent { id, time, actor, address, action, target, succeeded, detail };
            let (event, session) = (record::AuditEvent::from(event), record::Session::from(session));
            prop_assert_eq!(round_trip(&event), serde_json::to_value(&event).unwrap());
            prop_assert_eq!(round_trip(&session), serde_json::to_value(&session).unwrap());
            let csv = to_csv(&record::AuditEvent::default(), std::slice::from_ref(&event)).unwrap();
            let row = csv::Reader::from_reader(csv.as_bytes()).into_records().next().unwrap().unwrap();
            prop_assert_eq!(&row[2], &event.actor);
            let shown = table(["ID", "WHO", "DETAIL"], [[id.to_string(), event.actor, event.detail.unwrap_or_default()]]);
            prop_assert_eq!(shown.lines().count(), 2, "{}", shown);
        }
    }

    /// A record as a program reads it.
    fn round_trip<T: Serialize>(record: &T) -> Value {
        let [json] = serde_json::from_str::<[Value; 1]>(&serde_json::to_string_pretty(&[record]).unwrap()).unwrap();
        let [yaml] = serde_yaml::from_str::<[Value; 1]>(&serde_yaml::to_string(&[record]).unwrap()).unwrap();
        assert_eq!(json, yaml);
        json
    }

    #[test]
    fn facts_leave_out_what_is_absent() {
        assert_eq!(facts([("name", Some("ada".into())), ("agent", None)]), "name:  ada");
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }
}
