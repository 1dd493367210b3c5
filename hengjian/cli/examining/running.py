"""What runs: the worker and its duties, the log and its witnesses, the mail server."""

import socket
from collections.abc import Iterator
from datetime import timedelta

from hengjian.cli.examining.finding import Finding, Place, amber, green, red, some

SILENT = timedelta(minutes=15)  # the shortest duty is due every minute, accounts every ten
OVERDUE = timedelta(hours=26)
HEAD_OLD = timedelta(hours=26)  # the night writes its leaf even when nothing happened
UNHEARD = timedelta(hours=2)
PATIENCE = 5.0


def worker(place: Place) -> Iterator[Finding]:
    """Alive, and no duty failing or long undone."""
    from hengjian.clockwork.duties import DUTIES
    from hengjian.clockwork.queries import healths

    found = healths(duty.name for duty in DUTIES)
    last = max((one.began for one in found if one.began), default=None)
    do = "请启动 hengjian worker（systemctl start hengjian-worker）", "start hengjian worker"
    if last is None:
        yield amber("worker", ("定时任务从未运行", "the worker never ran"), do)
        return
    if place.moment - last > SILENT:
        minutes = (place.moment - last).total_seconds() / 60
        yield red(
            "worker",
            (f"定时任务已停 {minutes:.0f} 分钟", f"the worker is silent for {minutes:.0f} minutes"),
            do,
        )
    else:
        yield green("worker", "定时任务在运行", "the worker runs")
    failing = [one.duty for one in found if one.failures]
    stuck = [one.duty for one in found if one.done and place.moment - one.done.began_at > OVERDUE]
    if failing:
        yield red(
            "worker.failing",
            (f"任务失败：{some(failing)}", f"duties fail: {some(failing)}"),
            ("请运行 hengjian worker --list 看原因", "see hengjian worker --list"),
        )
    if stuck:
        yield red(
            "worker.overdue",
            (f"任务超过一天未完成：{some(stuck)}", f"undone for over a day: {some(stuck)}"),
            ("请运行 hengjian worker --once 任务名", "run hengjian worker --once DUTY"),
        )


def log(place: Place) -> Iterator[Finding]:
    """The log has a key, grows, and no alarm is open."""
    from hengjian.notary import queries
    from hengjian.notary.folder import in_data_folder, load_key

    if not in_data_folder(place.data).key.exists():
        yield amber(
            "log",
            ("还没有存证日志", "there is no log yet"),
            ("请运行 hengjian notary init（见 docs/how-to/run-a-witness）", "run hengjian notary init"),
        )
        return
    load_key(in_data_folder(place.data))
    head = queries.heads().first()
    if head is None or place.moment - head.at > HEAD_OLD:
        yield red(
            "log.head",
            ("存证日志超过一天没有新树头", "no new head of the log for over a day"),
            ("请启动 hengjian notary run，看其日志", "start hengjian notary run, see what it says"),
        )
    else:
        yield green("log.head", f"存证日志 {head.size} 条", f"the log has {head.size} entries")
    alarms = sorted({one.code for one in queries.alarms(open_only=True)})
    if alarms:
        yield red(
            "log.alarms",
            (f"存证警报未解除：{some(alarms)}", f"open alarms: {some(alarms)}"),
            ("请在“存证”页逐条处理", "see to each on the page of the log"),
        )


def witnesses(place: Place) -> Iterator[Finding]:
    """Each witness answered lately."""
    from hengjian.notary import queries

    known = list(queries.witnesses())
    away = [one.name for one in known if one.answered_at is None or place.moment - one.answered_at > UNHEARD]
    if not known:
        yield amber(
            "witnesses",
            ("还没有见证人", "there are no witnesses yet"),
            (
                "没有见证人，日志只能自证；见 docs/how-to/run-a-witness",
                "without witnesses the log vouches for itself alone",
            ),
        )
    elif away:
        yield (red if len(away) == len(known) else amber)(
            "witnesses",
            (f"见证人没有应答：{some(away)}", f"witnesses do not answer: {some(away)}"),
            (
                "请联系见证单位；不足法定数时不再定序",
                "call their offices; under the quorum nothing is numbered",
            ),
        )
    else:
        yield green("witnesses", f"{len(known)} 个见证人都有应答", f"all {len(known)} witnesses answer")


def mail(place: Place) -> Iterator[Finding]:
    """The channels' file is right and the mail server opens its port."""
    from hengjian.cli.session import now
    from hengjian.ratings.invitations.channels.config import FILE, load
    from hengjian.ratings.invitations.channels.smtp import SmtpChannel

    if not (place.data / "invitations" / FILE).exists():
        yield amber(
            "mail",
            ("还没有配置发送渠道", "no channels are set up yet"),
            (f"需要发送邀请时写 invitations/{FILE}", f"write invitations/{FILE} to send invitations"),
        )
        return
    server = load(place.data / "invitations", now).channels.get("email")
    if not isinstance(server, SmtpChannel):
        yield green("mail", "发送渠道已配置，没有邮件渠道", "channels are set up, none by mail")
        return
    try:
        with socket.create_connection((server.host, server.port), PATIENCE):
            yield green("mail", f"邮件服务器可达：{server.host}", f"the mail server answers: {server.host}")
    except OSError as fault:
        yield red(
            "mail",
            (
                f"邮件服务器连不上（{fault.strerror or type(fault).__name__}）",
                f"the mail server cannot be reached ({type(fault).__name__})",
            ),
            ("请核对 channels.yaml 的主机、端口和防火墙", "check host, port and firewall"),
        )


def policy(place: Place) -> Iterator[Finding]:
    """The rules load, are in force, and the calendar is known for the year ahead."""
    from hengjian.cli.marks import policy_files
    from hengjian.terms.calendar import SHANGHAI

    today = place.moment.astimezone(SHANGHAI).date()
    rules = policy_files(place.policy).in_force(today)
    yield green("policy", f"制度 {place.policy} 有效", f"policy {place.policy} is valid")
    ahead = {today.year, (today + timedelta(days=365)).year}
    if unknown := sorted(ahead - rules.calendar().years):
        years = "、".join(map(str, unknown))
        late = today.year in unknown or today.month == 12
        yield (red if late else amber)(
            "policy.calendar",
            (f"没有 {years} 年的节假日安排", f"the holidays of {years} are not known"),
            (
                "请把国务院办公厅的放假通知写入制度包 calendar；到期的工作日期限会被拒算",
                "add the State Council's notice to the policy's calendar: terms are refused without",
            ),
        )
    else:
        yield green(
            "policy.calendar", "今后十二个月的节假日已知", "the holidays of the next 12 months are known"
        )
