//! The rules, as the kernel takes them (linux/netfilter/nf_tables.h) and as `nft list table bridge pedl` shows them:
//!
//! ```text
//! table bridge pedl {
//!     chain forward {
//!         type filter hook forward priority filter; policy accept;
//!         ether daddr d2:50:00:00:00:00/16 drop
//!         ether saddr d2:50:00:00:00:00/16 drop
//!     }
//! }
//! ```

use nix::errno::Errno;

use super::PREFIX;
use super::netlink::{APPEND, Attributes, CREATE, Refusal, Subsystem, Transaction};

/// `NFNL_SUBSYS_NFTABLES`, `NFPROTO_BRIDGE`.
const BRIDGES: Subsystem = Subsystem { number: 10, family: 7 };

const TABLE: &str = "pedl";
const CHAIN: &str = "forward";

/// Where in a frame its addresses are (IEEE 802.3): the destination's, the source's.
const ADDRESSES: [i32; 2] = [0, 6];

/// The register that an expression leaves for the next: `NFT_REG_1`. The verdict's, `NFT_REG_VERDICT`, is 0.
const REGISTER: i32 = 1;

/// `NFT_MSG_…`.
mod message {
    pub const NEW_TABLE: u8 = 0;
    pub const DELETE_TABLE: u8 = 2;
    pub const NEW_CHAIN: u8 = 3;
    pub const GET_CHAIN: u8 = 4;
    pub const NEW_RULE: u8 = 6;
}

/// Puts the table in place where it is missing. To look takes microseconds, to change rules takes the kernel 15 ms.
pub fn ensure() -> Result<(), Refusal> {
    // Where it cannot be told, neither can it be put in place, and that says why.
    if is_in_place().unwrap_or(false) { Ok(()) } else { replace() }
}

/// Whether the network namespace of this thread has the table; or why that cannot be told.
pub fn is_in_place() -> Result<bool, Errno> {
    BRIDGES.has(message::GET_CHAIN, &Attributes::default().text(1, TABLE).text(3, CHAIN))
}

/// Puts the table in place of any that is there, in the network namespace of this thread. No frame passes in between:
/// the kernel changes from the one to the other at once.
pub fn replace() -> Result<(), Refusal> {
    let mut transaction = Transaction::new(BRIDGES);
    let table = Attributes::default().text(1, TABLE);
    // What is deleted has to be there.
    transaction.push("the table", message::NEW_TABLE, CREATE, &table);
    transaction.push("the table of before", message::DELETE_TABLE, 0, &table);
    transaction.push("the table", message::NEW_TABLE, CREATE, &table);
    transaction.push("the chain", message::NEW_CHAIN, CREATE, &chain());
    for offset in ADDRESSES {
        transaction.push("a rule", message::NEW_RULE, CREATE | APPEND, &rule(offset));
    }
    transaction.commit()
}

/// `NFTA_CHAIN_…`: the chain sees each frame that goes from one port of a bridge to another, and passes it on.
fn chain() -> Attributes {
    // NF_BR_FORWARD, NF_BR_PRI_FILTER_BRIDGED.
    let hook = Attributes::default().number(1, 2).number(2, -200);
    Attributes::default().text(1, TABLE).text(3, CHAIN).nested(4, &hook).text(7, "filter")
}

/// `NFTA_RULE_…`: drops each frame that has the prefix at `offset`.
fn rule(offset: i32) -> Attributes {
    // NFT_PAYLOAD_LL_HEADER; NFT_CMP_EQ; NF_DROP.
    let length = PREFIX.len().try_into().expect("it is short");
    let load = Attributes::default().number(1, REGISTER).number(2, 0).number(3, offset).number(4, length);
    let value = Attributes::default().bytes(1, &PREFIX);
    let compare = Attributes::default().number(1, REGISTER).number(2, 0).nested(3, &value);
    let drop = Attributes::default().nested(2, &Attributes::default().number(1, 0));
    let verdict = Attributes::default().number(1, 0).nested(2, &drop);
    let expressions = [("payload", load), ("cmp", compare), ("immediate", verdict)];
    let expressions = expressions.into_iter().fold(Attributes::default(), |list, (name, data)| {
        list.nested(1, &Attributes::default().text(1, name).nested(2, &data))
    });
    Attributes::default().text(1, TABLE).text(2, CHAIN).nested(4, &expressions)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use nix::sched::{CloneFlags, unshare};

    use super::*;

    fn in_a_network_of_its_own(test: impl FnOnce() + Send + 'static) {
        let enter_and_test = || {
            unshare(CloneFlags::CLONE_NEWNET).unwrap();
            test();
        };
        thread::spawn(enter_and_test).join().unwrap();
    }

    #[test]
    fn the_kernel_takes_the_rules_again_and_again() {
        in_a_network_of_its_own(|| {
            assert!(!is_in_place().unwrap());
            ensure().unwrap();
            assert!(is_in_place().unwrap());
            ensure().unwrap();
            replace().unwrap();
            assert!(is_in_place().unwrap());
        });
    }

    #[test]
    fn what_the_kernel_refuses_is_named() {
        in_a_network_of_its_own(|| {
            let mut transaction = Transaction::new(BRIDGES);
            transaction.push("the rule", message::NEW_RULE, CREATE, &rule(0));
            assert_eq!(transaction.commit().unwrap_err().to_string(), "the rule: No such file or directory");
        });
    }
}
