"""Which commands there are, by what people do."""

from hengjian.cli.frame import Entry, Section

SECTIONS = (
    Section(
        "开始",
        "start",
        {
            "demo": Entry(
                "hengjian.cli.demo:demo",
                "建立演示城市并完成一次考核（合成数据）",
                "build the demonstration city (synthetic) and run it",
            ),
            "init": Entry(
                "hengjian.cli.server:init", "建立数据目录和数据库", "make the data folder and the database"
            ),
            "serve": Entry("hengjian.cli.server:serve", "打开网页端", "serve the console"),
            "user": Entry("hengjian.cli.users:user", "账号与授权", "accounts and roles"),
        },
    ),
    Section(
        "制度",
        "policy",
        {
            "policy": Entry(
                "hengjian.cli.policy:policy",
                "检查、展示、比较制度文件，生成制度文本",
                "check, show, diff policies; write the documents",
            ),
            "compare": Entry(
                "hengjian.cli.compare:compare",
                "同一份事实在两套制度下的差别及原因",
                "the same facts under two policies, cause by cause",
            ),
        },
    ),
    Section(
        "事实",
        "facts",
        {
            "roster": Entry(
                "hengjian.cli.roster:roster",
                "机构、职务、干部、任职的导入导出",
                "organisations, posts, officials, tenures",
            ),
            "feed": Entry(
                "hengjian.cli.evidence:feed",
                "按映射文件导入指标、热线、项目",
                "import metrics, cases, projects by mapping",
            ),
            "quarantine": Entry(
                "hengjian.cli.evidence:quarantine",
                "查看、更正、重新接收被拒记录",
                "look through and re-admit refused records",
            ),
            "marks": Entry("hengjian.cli.marks:marks", "导入评价团打分", "import the panel's marks"),
            "invitations": Entry(
                "hengjian.cli.invitations:invitations",
                "评价邀请：办事事项、发送、密钥、漏斗",
                "invitations to rate: events, sending, keys, funnel",
            ),
            "kiosk": Entry(
                "hengjian.cli.kiosk:kiosk",
                "评价页：签发进程、收票进程、账号、公钥",
                "the rating page: its two processes, accounts, keys",
            ),
        },
    ),
    Section(
        "考核",
        "assessment",
        {
            "cycle": Entry(
                "hengjian.cli.cycles:cycle",
                "考核周期：建立、列出、查看、更正",
                "cycles: open, list, show, correct",
            ),
            "assess": Entry(
                "hengjian.cli.cycle_steps:assess", "一次完成冻结和计分", "freeze and score in one go"
            ),
            "freeze": Entry("hengjian.cli.cycle_steps:freeze", "冻结数据", "freeze the facts"),
            "score": Entry("hengjian.cli.cycle_steps:score", "计分", "score"),
            "review": Entry(
                "hengjian.cli.cycle_steps:review", "审核（须另一人）", "review (by a second person)"
            ),
            "publish": Entry(
                "hengjian.cli.cycle_steps:publish", "公布并写出结果包", "publish and write the bundle"
            ),
            "verify": Entry(
                "hengjian.cli.verify_any:verify",
                "重算结果包或周期，指出不一致之处",
                "recompute a bundle or a cycle and say what differs",
            ),
            "prove": Entry(
                "hengjian.cli.prove:prove",
                "出具记录、决定、结果的存证证据",
                "evidence of a record, decision or result",
            ),
        },
    ),
    Section(
        "维护",
        "maintenance",
        {
            "trail": Entry(
                "hengjian.cli.trail:trail", "查询留痕（审计）", "who looked at whom, for auditors"
            ),
            "notary": Entry(
                "hengjian.cli.notary:notary",
                "存证日志：定序、签名、见证、发布",
                "the log: number, sign, have witnessed, publish",
            ),
            "anchor": Entry(
                "hengjian.cli.anchor:anchor",
                "锚定：日志树头写到区块链或时间戳机构",
                "anchor the log's heads on a chain or by time-stamps",
            ),
            "witness": Entry(
                "hengjian.cli.witness:witness",
                "见证人：为别的单位的日志联署",
                "the witness: cosign another office's log",
            ),
            "backup": Entry(
                "hengjian.cli.backup:backup",
                "把数据库、密钥、公开日志备份成一个文件",
                "back up database, keys and log into one file",
            ),
            "restore": Entry(
                "hengjian.cli.backup:restore", "核对备份，恢复到空处", "check a backup, put it back"
            ),
            "upgrade": Entry(
                "hengjian.cli.upgrade:upgrade",
                "换上新版本后：备份、升级、核对",
                "after a new version: back up, migrate, check",
            ),
            "doctor": Entry(
                "hengjian.cli.doctor:doctor",
                "全面检查：数据库、密钥、定时任务、存证、备份",
                "look at everything: database, keys, worker, log, backups",
            ),
            "worker": Entry(
                "hengjian.cli.worker:worker",
                "定时任务：发送邀请、收票公布、回访提醒、存证核对",
                "what runs by the clock: invitations, ballots, follow-ups, reconciliation",
            ),
            "migrate": Entry(
                "hengjian.cli.server:migrate", "升级数据库结构", "bring the database up to date"
            ),
            "manage": Entry("hengjian.cli.server:manage", "Django 管理命令", "Django's own commands"),
        },
    ),
)
