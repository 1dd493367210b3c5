"""The sentences of the "1+3" package. Every figure in them is a field that the policy fills.

A field is a parameter's key. A sentence whose fields the policy does not have is left out, with
its article if nothing is left. ``@name`` stands for a passage that is made from the files.
"""

PLAN, LIBRARY, PANEL, RESULTS = (
    "考核评价改革总体方案",
    "指标库管理办法",
    "多元评价办法",
    "结果运用办法",
)

Chapter = tuple[str, tuple[str, ...]]

TEXTS: dict[str, tuple[Chapter, ...]] = {
    PLAN: (
        (
            "总则",
            (
                "为改进干部考核评价工作，依据公务员法和有关规定，制定本方案。@about",
                (
                    "考核评价由系统计算、说明和提出建议，由有权机关的负责人作出决定并说明理由。"
                    "任何得分、名次都不直接产生任免、处分、薪酬的结果。"
                ),
                "考核评价内容为{statutory.virtues_basis}，每项指标对应其中之一。",
                (
                    "本方案及配套办法由制度文件生成。文字与系统执行的规则为同一来源；"
                    "原文未明确或前后不一之处按“解释”执行，解释与原文同时列示。"
                ),
            ),
        ),
        ("主体功能区与岗位", ("@places", "@comparison")),
        ("权重结构", ("@families", "@themes", "@claims")),
        (
            "成本与收益",
            (
                "@modifiers",
                (
                    "债务率超过上限{cost_benefit.debt_cap}的，按{cost_benefit.debt_penalty}扣减，"
                    "作用于{cost_benefit.part}部分的得分。"
                ),
                "是否只计任职以后新增的超限债务率：{cost_benefit.opening_balance}。",
                (
                    "全生命周期成本按{cost_benefit.discount_rate}折现；投资撬动比的参照值为"
                    "{cost_benefit.leverage_reference}，只作对照，不计分。"
                ),
                "收益相差不超过{cost_benefit.benefit_band}的，视为收益相同。",
            ),
        ),
        (
            "潜绩",
            (
                "周期超过{latent.longer_than}的项目列入潜绩，实行双账管理。",
                (
                    "当年账看进度，期间为{latent.year_account}；三年账看质量，期间为{latent.three_year_account}；"
                    "离任账看延续。任期按{latent.slices}分段。"
                ),
                "是否建立离任账：{latent.leaving_account}。未达标事项滚动计入下任的是{latent.rollover}。",
                "潜绩账户与信用记录是否分设：{latent.separate_accounts}。",
            ),
        ),
    ),
    LIBRARY: (
        (
            "总则",
            (
                "为规范考核指标的设立、调整和使用，制定本办法。",
                "每个岗位的核心指标不超过{overload.core_indicators}，复合指标按其全部下级指标计数。",
                "修正项不超过{overload.modifiers}，并在计分表中列明。",
            ),
        ),
        ("指标", ("@indicators", "@indices")),
        ("一岗一表", ("@tables",)),
        (
            "一县一策",
            (
                "县区可以微调指标权重，每项上下不超过{county_tuning.limit}，各项微调合计为零，并须写明理由。",
                "@tunings",
            ),
        ),
        (
            "调整",
            (
                "指标库在每年{upkeep.windows}月的窗口内调整，下一考核周期生效。",
                "国家、省考核口径变化的，自文件印发之日起{upkeep.sync_days}内同步更新。",
                "反向考核得分低于{upkeep.reverse_assessment_least}的，启动修订。",
                "指标的各个版本长期保留；已经作出的考核结果，按当时有效的版本重新计算。",
            ),
        ),
        (
            "期限的计算",
            (
                (
                    "热线咨询类事项的办理期限为{clocks.hotline_consultation}，求助、投诉类为"
                    "{clocks.hotline_request}，疑难复杂类为{clocks.hotline_complex}。"
                ),
                (
                    "信访事项自收到之日起{clocks.petition_register}内告知受理情况，{clocks.petition_close}内办结；"
                    "情况复杂的，可以延长{clocks.petition_extension}。"
                ),
                "@calendar",
            ),
        ),
    ),
    PANEL: (
        ("评价主体", ("@panel", "@presets", "@sides", "采用的预设为：{panel.preset}。")),
        ("各主体的取分", ("@groups", "@instruments")),
        (
            "随时评",
            (
                "服务事项办结后{ratings.push_hours}内，向当事人推送评价链接。",
                "半年内有效评价少于{ratings.least_half_year}的，提醒其所在组织，不影响得分。",
                "同一评价人对同一干部半年内计入不超过{ratings.most_per_rater}。",
                "季度评价是否计分：{ratings.quarter_weighs}。",
                "差评应当在{ratings.bad_rating_days}内整改并回访。",
            ),
        ),
        (
            "同级互评",
            (
                "同级互评在两端各截去{calibration.trim_share}。",
                "校准引起的变动不超过{calibration.bound}，原始分与校准分同时显示。",
            ),
        ),
        (
            "名次的把握",
            (
                "得分和名次按{uncertainty.level}的把握给出区间，由{uncertainty.draws}抽样得出，种子公开，可以重算。",
                "统计数据按标准误差{uncertainty.metric_error}估计，权重按上下{uncertainty.weight_room}的幅度估计。",
                "相邻名次不能区分的，如实注明；末位的把握不足的，不作为依据。",
            ),
        ),
        (
            "核查",
            (
                "民生项目和基建工程按{inspection.draw_share}随机抽查，每层不少于{inspection.draw_least}。",
                "网络反映强烈的事件，自发现之时起{inspection.special_check_hours}内启动专项核查。",
                (
                    "虚报一般事项的，该项计{inspection.false_item_points}。虚报关键指标经认定为故意的，"
                    "提出不得提拔{inspection.false_key_bar_years}的建议。"
                ),
            ),
        ),
    ),
    RESULTS: (
        (
            "等次",
            (
                "@grades",
                (
                    "优秀等次比例一般不超过{statutory.excellent_quota}；"
                    "经批准可以提高到{statutory.excellent_quota_approved}。"
                ),
                (
                    "领导班子为优秀的，其成员优秀比例不超过{statutory.excellent_quota_good_team}；"
                    "优秀班子比例不超过{statutory.team_quota}。"
                ),
                "文件中对个人所称“较差”，按{statutory.poor_maps_to}提出建议。",
            ),
        ),
        (
            "名次",
            (
                "可比组不少于{race.least_group}的，排名后{race.accounts}作复盘说明，同名次并列。",
                "按年度连续{race.last_in_a_row}末位的，启动适任复核；名次不作为唯一依据。",
            ),
        ),
        (
            "救济",
            (
                (
                    "本人对考核结果不服的，可以在{statutory.review_days}内申请复核；"
                    "复核决定在{statutory.review_decision_days}内作出。"
                ),
                (
                    "对复核决定不服的，可以在{statutory.appeal_days}内申诉；"
                    "申诉在{statutory.appeal_decision_days}内处理。不因复核、申诉加重处理。"
                ),
            ),
        ),
    ),
}
