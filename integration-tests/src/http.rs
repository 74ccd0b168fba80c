//! HTTP/1.1 by hand: what no client lets a test say.

use std::io::{Read, Write};
use std::net::TcpStream;

/// An exchange on a connection of its own: the answer, headers and all.
///
/// # Panics
/// When the connection breaks.
pub fn exchange(mut stream: impl Read + Write, request: &[u8]) -> String {
    stream.write_all(request).expect("the request can be sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer can be read");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Gets a page from who listens at `address`, called `host`.
///
/// # Panics
/// When nobody listens there.
pub fn get(address: &str, host: &str, path: &str) -> String {
    let stream = TcpStream::connect(address).expect("somebody listens");
    exchange(stream, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
}

/// A request without a body; `headers` are whole lines, besides the host's.
///
/// # Panics
/// When nobody listens there.
pub fn ask(address: &str, method: &str, path: &str, headers: &str) -> String {
    let stream = TcpStream::connect(address).expect("somebody listens");
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n");
    exchange(stream, request.as_bytes())
}

/// The value of a header of an answer.
#[must_use]
pub fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

/// A gRPC-web call; `headers` are whole lines, the host's among them.
///
/// # Panics
/// When nobody listens there.
pub fn grpc_web(address: &str, path: &str, headers: &str, message: &[u8]) -> String {
    let stream = TcpStream::connect(address).expect("somebody listens");
    exchange(
        stream,
        &grpc_web_request(path, &format!("Content-Type: application/grpc-web+proto\r\n{headers}"), message),
    )
}

/// The bytes of such a call; `headers` say the content's type too.
///
/// # Panics
/// When the message is larger than a frame can be.
pub fn grpc_web_request(path: &str, headers: &str, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message fits a frame");
    let content = [&[0], &length.to_be_bytes()[..], message].concat();
    let length = content.len();
    let head = format!("POST {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &content].concat()
}
