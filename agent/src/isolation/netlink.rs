//! nfnetlink's messages (linux/netfilter/nfnetlink.h): built, sent as one transaction, and answered. What they say is
//! not known here.

use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

/// What a header takes: netlink's 16 bytes, netfilter's 4.
const HEADER: usize = 20;

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;

/// `NLM_F_ACK`: the kernel answers, also when all is well.
const ACKNOWLEDGE: u16 = 4;

/// `NLM_F_CREATE`: what a message is about is made where it is not there.
pub const CREATE: u16 = 0x400;

/// `NLM_F_APPEND`: it goes behind what is there.
pub const APPEND: u16 = 0x800;

/// `NLA_F_NESTED`: the value is attributes.
const NESTED: u16 = 1 << 15;

/// The kernel says no.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {}", errno.desc())]
pub struct Refusal {
    /// To what.
    pub what: &'static str,
    /// Why.
    pub errno: Errno,
}

/// Attributes: each a length, a kind and a value, at a multiple of four bytes.
#[derive(Debug, Default)]
pub struct Attributes(Vec<u8>);

impl Attributes {
    /// One with these bytes.
    pub fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(4 + value.len()).expect("attributes are small");
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    /// One with this text, and its end.
    pub fn text(self, kind: u16, value: &str) -> Self {
        self.bytes(kind, &[value.as_bytes(), b"\0"].concat())
    }

    /// One with this number, as a network writes it.
    pub fn number(self, kind: u16, value: i32) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    /// One with these attributes.
    pub fn nested(self, kind: u16, attributes: &Self) -> Self {
        self.bytes(kind | NESTED, &attributes.0)
    }
}

/// A part of netfilter and a family of its protocols.
#[derive(Debug, Clone, Copy)]
pub struct Subsystem {
    /// `NFNL_SUBSYS_…`.
    pub number: u8,
    /// `NFPROTO_…`.
    pub family: u8,
}

impl Subsystem {
    /// Whether there is what a message asks for; or why that cannot be told.
    pub fn has(self, message: u8, attributes: &Attributes) -> Result<bool, Errno> {
        let socket = send_alone(&self.message(message, 0, 0, attributes))?;
        match answer(&socket)?.verdict {
            Ok(()) => Ok(true),
            Err(Errno::ENOENT) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    fn message(self, message: u8, flags: u16, sequence: usize, attributes: &Attributes) -> Vec<u8> {
        let kind = u16::from_be_bytes([self.number, message]);
        bytes(kind, flags, sequence, [self.family, 0, 0, 0], &attributes.0)
    }

    /// A message of the beginning or the end of a transaction.
    fn bracket(self, kind: i32, sequence: usize) -> Vec<u8> {
        let kind = kind.try_into().expect("it is 16 or 17");
        bytes(kind, 0, sequence, [0, 0, 0, self.number], &[])
    }
}

/// Messages that come true at once, or none of them.
#[derive(Debug)]
pub struct Transaction {
    subsystem: Subsystem,
    bytes: Vec<u8>,
    /// What each message is about, in the order of their sequence numbers.
    about: Vec<&'static str>,
}

impl Transaction {
    /// Begins one.
    pub fn new(subsystem: Subsystem) -> Self {
        let bytes = subsystem.bracket(libc::NFNL_MSG_BATCH_BEGIN, 0);
        Self { subsystem, bytes, about: vec!["the transaction"] }
    }

    /// Adds a message. `what` is what it is about, for errors.
    pub fn push(&mut self, what: &'static str, message: u8, flags: u16, attributes: &Attributes) {
        let message = self.subsystem.message(message, flags | ACKNOWLEDGE, self.about.len(), attributes);
        self.bytes.extend(message);
        self.about.push(what);
    }

    /// Has the kernel carry it out, in the network namespace of this thread.
    pub fn commit(mut self) -> Result<(), Refusal> {
        let last = self.about.len() - 1;
        self.bytes.extend(self.subsystem.bracket(libc::NFNL_MSG_BATCH_END, last + 1));
        let failed = |what| move |errno| Refusal { what, errno };
        let socket = send_alone(&self.bytes).map_err(failed("a message"))?;
        loop {
            let Answer { sequence, verdict } = answer(&socket).map_err(failed("an answer"))?;
            verdict.map_err(failed(self.about.get(sequence).copied().unwrap_or("the transaction")))?;
            if sequence == last {
                return Ok(());
            }
        }
    }
}

fn bytes(kind: u16, flags: u16, sequence: usize, netfilter: [u8; 4], attributes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + attributes.len()).expect("messages are small");
    let sequence = u32::try_from(sequence).expect("messages are few");
    let (kind, flags) = (kind.to_ne_bytes(), (flags | REQUEST).to_ne_bytes());
    // Of the sender, which the kernel knows.
    let port = [0; 4];
    [&length.to_ne_bytes(), &kind[..], &flags, &sequence.to_ne_bytes(), &port, &netfilter, attributes].concat()
}

/// Sends messages over a socket of their own, on which the answers are then.
fn send_alone(messages: &[u8]) -> Result<OwnedFd, Errno> {
    let netfilter = SockProtocol::NetlinkNetFilter;
    let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, netfilter)?;
    send(socket.as_raw_fd(), messages, MsgFlags::empty())?;
    Ok(socket)
}

/// What the kernel says to the message of a number.
#[derive(Debug)]
struct Answer {
    sequence: usize,
    verdict: Result<(), Errno>,
}

/// The next answer. The kernel has given all when sending returns.
fn answer(socket: &OwnedFd) -> Result<Answer, Errno> {
    // What is there, or the message that is refused, would follow.
    let mut bytes = [0; HEADER];
    if recv(socket.as_raw_fd(), &mut bytes, MsgFlags::MSG_DONTWAIT)? < HEADER {
        return Err(Errno::EPROTO);
    }
    let number = |at: usize| i32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let verdict = match (i32::from(u16::from_ne_bytes([bytes[4], bytes[5]])), number(16)) {
        (libc::NLMSG_ERROR, errno @ ..0) => Err(Errno::from_raw(-errno)),
        _ => Ok(()),
    };
    Ok(Answer { sequence: number(8).try_into().map_err(|_| Errno::EPROTO)?, verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_aligned_and_their_lengths_are_not() {
        let inner = Attributes::default().text(1, "pedl").number(2, -200);
        let bytes = Attributes::default().nested(4, &inner).0;
        let [length, kind] = [bytes[0..2].try_into().unwrap(), bytes[2..4].try_into().unwrap()].map(u16::from_ne_bytes);
        assert_eq!((usize::from(length), kind, bytes.len()), (4 + 12 + 8, 0x8004, 24));
        assert_eq!(bytes[4..6], 9_u16.to_ne_bytes());
        assert_eq!(bytes[8..16], *b"pedl\0\0\0\0");
        assert_eq!(bytes[20..24], [0xff, 0xff, 0xff, 0x38]);
    }
}
