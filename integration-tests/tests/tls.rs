//! TLS, with certificates of the master's own and of an authority's.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use integration_tests::http::{exchange, get, grpc_web_request};
use integration_tests::{Cluster, Outcome, Settings, eventually, outcome, program};
use pedl_proto::v1::LoginRequest;
use pedl_tls::{Rule, Trust, provider};
use prost::Message as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ClientConfig, ClientConnection, StreamOwned};

fn settings() -> Settings {
    Settings::default().master_yaml("tls: { mode: auto }")
}

/// The fingerprint that the master printed last.
fn fingerprint(cluster: &Cluster) -> String {
    let log = fs::read_to_string(cluster.path("master.log")).unwrap();
    log.rsplit_once("SHA-256 fingerprint is ").unwrap().1.lines().next().unwrap().to_owned()
}

/// `pedl` as somebody who has met no master yet.
fn newcomer(cluster: &Cluster, name: &str, args: &[&str]) -> Command {
    let mut command = cluster.command(args);
    command.env("HOME", cluster.path(name));
    command
}

/// What a person sees, without what differs from run to run.
fn shown(cluster: &Cluster, outcome: &Outcome) -> String {
    let shown = outcome.shown().replace(cluster.address(), "MASTER");
    match outcome.stderr.contains("SHA-256") {
        true => shown.replace(&fingerprint(cluster), "NEW"),
        false => shown,
    }
}

fn wait_for_line(cluster: &Cluster, log: &str, line: &str) {
    eventually(line, || fs::read_to_string(cluster.path(log)).unwrap_or_default().contains(line).then_some(()));
}

#[test]
fn a_task_runs_over_tls() {
    let mut cluster = settings().start();
    assert!(cluster.url().starts_with("https://"));
    assert_eq!(cluster.pedl(&["command", "run", "--", "echo", "hello"]).ok(), "hello\n");
    let mode = |path: &str| fs::metadata(cluster.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("master/tls"), mode("master/tls/key.pem"), mode("master/tls/cert.pem")), (0o700, 0o600, 0o600));
    let created = cluster.pedl(&["-u", "admin", "agent", "create-token"]).ok();
    let beside = fs::read_to_string(cluster.path("master/agent-token")).unwrap();
    for token in [created, beside] {
        let (_, named) = token.trim().split_once('.').unwrap();
        assert_eq!(named.parse(), fingerprint(&cluster).parse::<pedl_tls::Fingerprint>());
    }
    // The agent remembers the certificate without the token.
    fs::remove_file(cluster.path("master/agent-token")).unwrap();
    cluster.kill_agent(0);
    cluster.start_agent(0);
    cluster.wait_for_agents();
}

#[test]
fn a_certificate_is_trusted_when_it_is_seen_first_and_no_other_after_that() {
    let mut cluster = settings().start();
    let whoami = ["user", "whoami"];
    let first = outcome(&mut newcomer(&cluster, "new", &whoami));
    expect_test::expect![[r#"
        exit 0
        --- stdout
        pedl
        --- stderr
        warning: the master at https://MASTER shows a certificate with SHA-256 fingerprint NEW, which nothing vouches for; it is trusted from now on
    "#]].assert_eq(&shown(&cluster, &first));
    let second = outcome(&mut newcomer(&cluster, "new", &whoami));
    assert_eq!((second.code, second.stderr.as_str()), (Some(0), ""));

    let pinned = |text: &str| outcome(newcomer(&cluster, "pins", &whoami).env("PEDL_MASTER_FINGERPRINT", text));
    let right = fingerprint(&cluster);
    assert_eq!(pinned(&right.to_lowercase().replace(':', "")).ok(), "pedl\n");
    expect_test::expect![[r#"
        exit 5
        --- stdout
        --- stderr
        error: the certificate of the master at https://MASTER is not the one that PEDL_MASTER_FINGERPRINT names: its SHA-256 fingerprint is NEW, not AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB; nothing was sent
    "#]].assert_eq(&shown(&cluster, &pinned(&"ab".repeat(32))));
    assert_eq!(pinned("ab").code, Some(2));

    cluster.kill_master();
    fs::remove_dir_all(cluster.path("master/tls")).unwrap();
    cluster.start_master();
    let changed = outcome(&mut newcomer(&cluster, "new", &whoami));
    expect_test::expect![[r#"
        exit 5
        --- stdout
        --- stderr
        error: the certificate of the master at https://MASTER has changed: its SHA-256 fingerprint was OLD and is NEW. Somebody may be listening in, or the master has a new one: ask its administrator, and if so, `pedl -m https://MASTER master forget`; nothing was sent
    "#]].assert_eq(&shown(&cluster, &changed).replace(&right, "OLD"));
    outcome(&mut newcomer(&cluster, "new", &["master", "forget"])).ok();
    assert_eq!(outcome(&mut newcomer(&cluster, "new", &whoami)).ok(), "pedl\n");

    wait_for_line(&cluster, "agent0.log", "its certificate is not the one that this agent knows");
    let told = fs::read_to_string(cluster.path("agent0.log")).unwrap();
    let new = fingerprint(&cluster);
    assert!(told.contains(&format!("set `master_fingerprint: {new}` in agent.yaml")), "{told}");
    cluster.kill_agent(0);
    cluster.start_agent_with(0, |agent| {
        agent.args(["--master-fingerprint", &new]);
    });
    outcome(&mut cluster.command(&["master", "forget"])).ok();
    cluster.wait_for_agents();
}

#[test]
fn tls_can_be_turned_on_later() {
    let mut cluster = Cluster::start();
    let yaml = fs::read_to_string(cluster.path("master.yaml")).unwrap();
    fs::write(cluster.path("master.yaml"), yaml + "tls: { mode: auto }\n").unwrap();
    cluster.kill_master();
    cluster.start_master();
    wait_for_line(&cluster, "agent0.log", "it speaks TLS: set `master` to an https:// URL");
    cluster.kill_agent(0);
    cluster.start_agent(0);
    cluster.wait_for_agents();
    assert_eq!(cluster.pedl(&["command", "run", "--", "echo", "hello"]).ok(), "hello\n");
}

#[test]
fn a_person_is_asked() {
    let cluster = settings().agents(0).start();
    let answer = |answers: &str| {
        // Kept open: at a terminal's end there is nobody to ask.
        let terminal = nix::pty::openpty(None, None).unwrap();
        let mut pedl = newcomer(&cluster, "new", &["user", "whoami"]);
        pedl.stdin(terminal.slave);
        fs::File::from(terminal.master.try_clone().unwrap()).write_all(answers.as_bytes()).unwrap();
        outcome(&mut pedl)
    };
    expect_test::expect![[r#"
        exit 5
        --- stdout
        --- stderr
        The master at https://MASTER shows a certificate with SHA-256 fingerprint
          NEW
        which nothing vouches for; the master prints its own at every start. Trust it from now on? (yes/no) error: the certificate of the master at https://MASTER is not trusted
    "#]].assert_eq(&shown(&cluster, &answer("no\n")));
    expect_test::expect![[r#"
        exit 0
        --- stdout
        pedl
        --- stderr
        The master at https://MASTER shows a certificate with SHA-256 fingerprint
          NEW
        which nothing vouches for; the master prints its own at every start. Trust it from now on? (yes/no) Please type yes or no: "#]].assert_eq(&shown(&cluster, &answer("hm\nyes\n")));
    assert_eq!(outcome(&mut newcomer(&cluster, "new", &["user", "whoami"])).stderr, "", "it is asked once");
}

/// A certificate for 127.0.0.1 that an authority issued; answers the authority's file.
fn issue(dir: &Path) -> std::path::PathBuf {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "the lab's authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let issued = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    fs::write(dir.join("cert.pem"), issued.pem()).unwrap();
    fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
    fs::write(dir.join("authority.pem"), authority.pem()).unwrap();
    dir.join("authority.pem")
}

#[test]
fn what_the_machine_vouches_for_needs_no_fingerprint() {
    let dir = tempfile::tempdir().unwrap();
    let authority = issue(dir.path());
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| dir.path().join(name).display().to_string());
    let yaml = format!("tls: {{ mode: files, cert: {cert}, key: {key} }}");
    let mut cluster = Settings::default().agents(0).master_yaml(&yaml).start();
    let known = outcome(newcomer(&cluster, "new", &["user", "whoami"]).env("SSL_CERT_FILE", &authority));
    assert_eq!((known.code, known.stderr.as_str()), (Some(0), ""));
    let kept = fs::read_to_string(cluster.path("new/.config/pedl/credentials.json")).unwrap();
    assert!(!kept.contains("certificate"), "{kept}");
    let unknown = outcome(&mut newcomer(&cluster, "other", &["user", "whoami"]));
    assert!(unknown.stderr.contains("which nothing vouches for"), "{unknown:?}");

    let token = fs::read_to_string(cluster.path("master/agent-token")).unwrap();
    assert!(!token.contains('.'), "a fingerprint would not outlive the certificate: {token}");
    cluster.start_agent_with(0, |agent| {
        agent.env("SSL_CERT_FILE", &authority);
    });
    cluster.start_agent(1);
    wait_for_line(&cluster, "agent1.log", "nothing vouches for its certificate");
    cluster.kill_agent(1);
    cluster.wait_for_agents();
}

#[test]
fn who_speaks_the_wrong_one_is_told() {
    let mut cluster = settings().agents(0).start();
    let page = get(cluster.address(), cluster.address(), "/");
    assert!(page.starts_with("HTTP/1.1 400 "), "{page}");
    assert!(page.ends_with(&format!("this master speaks TLS: use {}\n", cluster.url())), "{page}");
    let plain = format!("http://{}", cluster.address());
    let told = outcome(cluster.command(&["user", "whoami"]).env("PEDL_MASTER", &plain));
    expect_test::expect![[r#"
        exit 5
        --- stdout
        --- stderr
        error: the master at http://MASTER speaks TLS: use https://MASTER
    "#]]
    .assert_eq(&shown(&cluster, &told));
    cluster.start_agent_with(0, |agent| {
        agent.args(["--master", &plain]);
    });
    wait_for_line(&cluster, "agent0.log", "the join token is of a master that speaks TLS");

    let mut cluster = Settings::default().agents(0).start();
    let https = format!("https://{}", cluster.address());
    let told = outcome(cluster.command(&["user", "whoami"]).env("PEDL_MASTER", &https));
    expect_test::expect![[r#"
        exit 5
        --- stdout
        --- stderr
        error: the master at https://MASTER does not speak TLS: use http://MASTER if you trust the network in between
    "#]]
    .assert_eq(&shown(&cluster, &told));
    let named = outcome(cluster.command(&["user", "whoami"]).env("PEDL_MASTER_FINGERPRINT", "ab".repeat(32)));
    assert!(named.code == Some(2) && named.stderr.contains("is without TLS: use https://"), "{named:?}");
    cluster.start_agent_with(0, |agent| {
        agent.args(["--master", &https]);
    });
    wait_for_line(&cluster, "agent0.log", "it does not speak TLS");
}

#[test]
fn files_that_are_no_certificate_start_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.yaml");
    let data = dir.path().join("data");
    issue(dir.path());
    for (yaml, says) in [
        ("{ mode: on }", "master.yaml: tls.mode: unknown variant `on`"),
        ("{ mode: files, cert: DIR/cert.pem }", "master.yaml: tls.key: must name a PEM file"),
        ("{ mode: auto, key: DIR/key.pem }", "master.yaml: tls.key: is for tls.mode files only"),
        ("{ mode: files, cert: DIR/absent, key: DIR/key.pem }", "tls.cert: DIR/absent: cannot be read: No such file"),
        ("{ mode: files, cert: DIR/authority.pem, key: DIR/key.pem }", "DIR/key.pem is not the key of the certificate"),
    ] {
        let here = |text: &str| text.replace("DIR", &dir.path().to_string_lossy());
        fs::write(&file, format!("tls: {}", here(yaml))).unwrap();
        let outcome =
            outcome(Command::new(program("pedl-master")).arg("--config").arg(&file).arg("--data-dir").arg(&data));
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(&here(says)) && outcome.stderr.lines().count() == 1, "{outcome:?}");
        assert!(!data.exists(), "nothing was started");
    }
}

/// A TLS connection to the master, whose certificate is known.
fn connect(cluster: &Cluster) -> StreamOwned<ClientConnection, TcpStream> {
    let trust = Trust::new(Rule::Only(fingerprint(cluster).parse().unwrap()));
    let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let config = config.dangerous().with_custom_certificate_verifier(trust).with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, TcpStream::connect(cluster.address()).unwrap())
}

#[test]
fn over_tls_the_cookie_is_of_tls_alone() {
    let cluster = settings().agents(0).start();
    let login = LoginRequest { username: "admin".into(), password: String::new(), browser: true }.encode_to_vec();
    let headers = format!("Host: {}\r\nContent-Type: application/grpc-web+proto\r\n", cluster.address());
    let answer = exchange(connect(&cluster), &grpc_web_request("/pedl.v1.SessionService/Login", &headers, &login));
    let (_, cookie) = answer.split_once("set-cookie: ").unwrap_or_else(|| panic!("no cookie in {answer}"));
    let (pair, attributes) = cookie.lines().next().unwrap().split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-pedl_session=pedl_"), "{cookie}");
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000; Secure");
    let who = format!("{headers}Origin: {}\r\nCookie: {pair}\r\n", cluster.url());
    let known = exchange(connect(&cluster), &grpc_web_request("/pedl.v1.SessionService/GetCurrentSession", &who, &[]));
    assert!(known.contains("grpc-status:0"), "{known}");
}

#[test]
fn who_says_nothing_is_shown_out() {
    let cluster = settings().agents(0).start();
    let mut unfinished = TcpStream::connect(cluster.address()).unwrap();
    unfinished.write_all(&[0x16]).unwrap();
    let mut silent = connect(&cluster);
    silent.conn.complete_io(&mut silent.sock).unwrap();
    let start = Instant::now();
    for stream in [&mut unfinished, &mut silent.sock] {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        while stream.read(&mut [0; 1024]).unwrap_or_default() > 0 {}
    }
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}
