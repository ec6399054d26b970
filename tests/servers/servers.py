#!/usr/bin/env python3
"""Real servers for the tests: Kafka 3.9.1 (KRaft, one node) and Apicurio's schema registry, on loopback.

  servers.py fetch                 downloads both into .cache/servers (pinned by checksum); needs java and mvn
  servers.py start FOLDER          starts Kafka, writes its address to FOLDER/bootstrap, and goes into the background;
                                   it ends when the process that called this script (ctest) does, or with `stop`
  servers.py stop FOLDER
  servers.py restart FOLDER        stops the broker and starts it with the same data at the same port
  servers.py run                   both in the foreground, their addresses on stdout, until interrupted

As a module: Kafka and Registry are context managers; start, stop, kill and restart may be called as often as one likes.
SkipTest is raised, or `skipped: why` printed, where they cannot be had: no java, or no way to fetch them.
Standard library only.
"""
import contextlib
import hashlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parent.parent / ".cache" / "servers"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
REGISTRY = "apicurio-registry-app-2.5.11.Final"
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
USER, PASSWORD = "heartbeat", "only-for-tests"  # of the listener that asks for them


def pinned(part):
    """File name -> SHA-256 of what belongs to `part`."""
    rows = (line.split() for line in (HERE / "checksums.sha256").read_text().splitlines())
    return {path.split("/")[1]: digest for digest, path in rows if path.startswith(part + "/")}


def check(folder, part):
    for name, digest in pinned(part).items():
        path = folder / name
        if not path.is_file():
            raise unittest.SkipTest(f"{name} was not among what Maven fetched for {part}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise RuntimeError(f"{path} has another checksum than the pinned one: not used")
    for path in folder.iterdir():
        if path.name not in pinned(part):
            path.unlink()  # a second logger that Kafka names, and nothing that it needs


def maven(*arguments):
    done = subprocess.run(["mvn", "-q", "-B", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["no message"]
        raise unittest.SkipTest("Maven could not fetch the servers: " + last[0])


def fetch_part(part, get):
    """CACHE/part, made by get(folder) if it is not there in the pinned version."""
    stamp = hashlib.sha256("".join(sorted(pinned(part).values())).encode()).hexdigest()[:16]
    folder = CACHE / f"{part}-{stamp}"
    for tool in ("java", "keytool") if folder.is_dir() else ("java", "keytool", "mvn"):
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"there is no {tool} (./hb test installs it)")
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=part, dir=CACHE))
    try:
        get(work)
        with contextlib.suppress(OSError):  # another test fetched it meanwhile
            work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def fetch_kafka():
    def get(work):
        maven("-f", str(HERE / "kafka.xml"), f"{PLUGIN}:copy-dependencies", f"-DoutputDirectory={work}", "-DincludeScope=runtime")
        check(work, "kafka")

    return fetch_part("kafka", get)


def fetch_registry():
    def get(work):
        maven(f"{PLUGIN}:copy", f"-Dartifact=io.apicurio:{REGISTRY.rsplit('-', 1)[0]}:2.5.11.Final:tar.gz:all", f"-DoutputDirectory={work}")
        check(work, "apicurio")
        archive = work / f"{REGISTRY}-all.tar.gz"
        subprocess.run(["tar", "xzf", str(archive), "-C", str(work)], check=True)
        archive.unlink()

    return fetch_part("apicurio", get)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]


def die_with_parent():
    """Makes a child of this process end when this process does, however that ends (Linux)."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """A Java process in `folder` (a temporary one by default), its output in FOLDER/NAME.log."""

    name = ""

    def __init__(self, folder=None):
        self._own = tempfile.TemporaryDirectory(prefix="hb_server_") if folder is None else None
        self.folder = pathlib.Path(folder or self._own.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self._own is not None:
            self._own.cleanup()

    def launch(self, command, seconds=90):
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, preexec_fn=die_with_parent)
        end = time.monotonic() + seconds
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > end:
                text = (self.folder / f"{self.name}.log").read_text(errors="replace")
                self.kill()
                raise RuntimeError(f"{self.name} did not start:\n{text[-3000:]}")
            time.sleep(0.1)

    def stop(self):
        """Asks it to end, and waits."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.kill()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        self.start()


class Kafka(Server):
    """One broker that is its own controller. `bootstrap` is open; `sasl_bootstrap` asks for USER and PASSWORD (PLAIN,
    SCRAM-SHA-256) or an unsigned token (OAUTHBEARER); `ssl_bootstrap` speaks TLS, with the certificate FOLDER/ca.pem."""

    name = "kafka"

    def __init__(self, folder=None):
        self.libs = fetch_kafka()
        super().__init__(folder)
        self.ports = free_ports(4)
        self.bootstrap, self.sasl_bootstrap, self.ssl_bootstrap = (f"127.0.0.1:{port}" for port in self.ports[:3])

    def settings(self):
        plain, sasl, tls, controller = self.ports
        modules = "org.apache.kafka.common.security"
        login = f'{modules}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        return f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},SSL://127.0.0.1:{tls},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},SSL://127.0.0.1:{tls}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,OAUTHBEARER
listener.name.sasl_plaintext.plain.sasl.jaas.config={login}
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.sasl_plaintext.oauthbearer.sasl.jaas.config={modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
listener.name.ssl.ssl.keystore.location={self.folder / "keys.p12"}
listener.name.ssl.ssl.keystore.password={PASSWORD}
listener.name.ssl.ssl.keystore.type=PKCS12
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={self.folder / "data"}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
log.cleaner.backoff.ms=500
log.segment.delete.delay.ms=1000
"""

    def start(self):
        path = self.folder / "server.properties"
        path.write_text(self.settings())
        java = [*JAVA, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{self.libs}/*"]
        if not (self.folder / "data" / "meta.properties").exists():
            self.make_certificate()
            user = f"SCRAM-SHA-256=[name={USER},password={PASSWORD}]"
            subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", "aGVhcnRiZWF0LXRlc3RzIQ", "-c", str(path), "--add-scram", user],
                           check=True, capture_output=True, stdin=subprocess.DEVNULL)  # fmt: skip
        self.launch([*java[:1], "-Xms128m", "-Xmx512m", *java[1:], "kafka.Kafka", str(path)])

    def make_certificate(self):
        store = ["-keystore", str(self.folder / "keys.p12"), "-storepass", PASSWORD, "-storetype", "PKCS12", "-alias", "broker"]
        for command in (["-genkeypair", "-keyalg", "EC", "-dname", "CN=broker", "-ext", "san=ip:127.0.0.1", "-validity", "3650", *store],
                        ["-exportcert", "-rfc", "-file", str(self.folder / "ca.pem"), *store]):  # fmt: skip
            subprocess.run(["keytool", *command], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def ready(self):
        # A broker opens its port once it serves; what it is not ready for yet, clients repeat.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.ports[0]), 1):
            return True
        return False


class Registry(Server):
    """A schema registry that keeps its schemas in memory. `url` is the base of the API."""

    name = "registry"

    def __init__(self, folder=None):
        self.app = fetch_registry()
        super().__init__(folder)
        self.port = free_ports(1)[0]
        self.url = self.url_at(self.port)

    @staticmethod
    def url_at(port):
        return f"http://127.0.0.1:{port}/apis/ccompat/v7"

    def start(self):
        self.launch([JAVA[0], "-Xms64m", "-Xmx384m", *JAVA[1:], "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}",
                     "-jar", str(self.app / f"{REGISTRY}-runner.jar")])  # fmt: skip

    def ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/apis/ccompat/v7/subjects")
            return connection.getresponse().status == 200
        return False


def alive(pid):
    with contextlib.suppress(OSError):
        os.kill(pid, 0)
        return True
    return False


def is_this_script(pid):
    """The number of a process that ended may have gone to another."""
    with contextlib.suppress(OSError):
        return b"servers.py" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def read_pid(folder):
    with contextlib.suppress(OSError, ValueError):
        return int((folder / "pid").read_text())
    return 0


def start_in_background(folder):
    """The address is written last, so whoever finds it has a server."""
    stop_in_background(folder)
    shutil.rmtree(folder, ignore_errors=True)
    kafka = Kafka(folder)
    caller = os.getppid()
    reader, writer = os.pipe()
    if os.fork() > 0:
        os.close(writer)
        answer = os.read(reader, 4096).decode()
        sys.exit(None if answer == "ok" else answer or "the server did not start")
    os.setsid()
    os.close(reader)
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append("stop"))
    signal.signal(signal.SIGHUP, lambda *_: asked.append("restart"))
    try:
        (folder / "pid").write_text(str(os.getpid()))
        kafka.start()
        publish(folder, kafka)
        os.write(writer, b"ok")
    except Exception as error:  # told to the caller, who prints it
        os.write(writer, str(error)[-4000:].encode())
        sys.exit(1)
    os.close(writer)
    for stream in (0, 1, 2):  # so that nobody waits for the end of our output
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    # `stop` in the tests' clean-up ends it; ctest may not live to see that.
    while alive(caller) and "stop" not in asked:
        if asked:
            asked.clear()
            kafka.restart()
            publish(folder, kafka)
        time.sleep(0.2)
    kafka.stop()
    shutil.rmtree(folder, ignore_errors=True)


def publish(folder, kafka):
    (folder / "sasl_bootstrap").write_text(kafka.sasl_bootstrap)
    (folder / "ssl_bootstrap").write_text(kafka.ssl_bootstrap)
    (folder / "started").write_text(str(time.time_ns()))
    (folder / "bootstrap").write_text(kafka.bootstrap)


def stop_in_background(folder):
    pid = read_pid(folder)
    if pid and alive(pid) and is_this_script(pid):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 40
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


def restart_in_background(folder):
    before = (folder / "started").read_text()
    os.kill(read_pid(folder), signal.SIGHUP)
    while (folder / "started").read_text() == before:
        time.sleep(0.1)


def run():
    with Kafka() as kafka, Registry() as registry:
        print(f"kafka {kafka.bootstrap}\nkafka with a password {kafka.sasl_bootstrap}\nregistry {registry.url}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def main():
    command, *rest = sys.argv[1:] or ["help"]
    folder = pathlib.Path(rest[0]).resolve() if rest else None
    if command == "fetch":
        print(fetch_kafka(), fetch_registry(), sep="\n")
    elif command == "run":
        run()
    elif command in ("start", "stop", "restart") and folder:
        {"start": start_in_background, "stop": stop_in_background, "restart": restart_in_background}[command](folder)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main()
    except unittest.SkipTest as why:
        print(f"skipped: {why}")
        sys.exit(77)
