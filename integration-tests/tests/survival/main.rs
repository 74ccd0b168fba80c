//! What becomes of members' work when processes, machines and networks break: real processes, real Docker, and a stream
//! of commands ([`integration_tests::Workload`]) of which nothing may be lost or doubled.

mod kills;
