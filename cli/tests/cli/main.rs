//! `pedl` as people and programs meet it: the real binary, with a home of its own, against a master that
//! speaks the real protocol and remembers what it was asked.

mod accounts;
mod agents;
mod assets;
mod attached;
mod audit;
mod fake_master;
mod passwords;
mod pedl;
mod sessions;
mod specification;
mod terminal;
mod tokens;
mod usage;
mod users;
