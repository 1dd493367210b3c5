"""What an invitation says. Neither the person nor the official is named."""

from hengjian.ratings.invitations.channels import Message

SUBJECT = "请评价一次办事服务 · Please rate a service"


def body(message: Message) -> str:
    """The text of an e-mail, in Chinese and English."""
    return (
        f"您好：\n\n{message.on:%Y-%m-%d}，{message.unit}为您办理了一件事项，"
        "请作评价（1—10 分，一分钟）：\n\n"
        f"{message.link}\n\n"
        f"链接 {message.expires_on:%Y-%m-%d} 前有效，只可使用一次。评价匿名："
        "系统只知道邀请了谁，不知道谁打了几分。\n"
        "不愿再收到邀请，请在打开的页面上选择“不再接收评价邀请”。请勿转发本邮件。\n\n"
        f"On {message.on:%Y-%m-%d} {message.unit} handled a matter for you. "
        "Please rate it (1 to 10, one minute) at the link above.\n"
        f"It serves once, until {message.expires_on:%Y-%m-%d}. Ratings are anonymous:\n"
        "we know whom we asked, not who said what. To get no more invitations choose\n"
        "“Get no more invitations” on the page.\n"
    )
