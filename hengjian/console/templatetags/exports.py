"""``{% exportable %}…{% endexportable %}``: every table in between can be taken as a file."""

from django import template
from django.template import Context
from django.template.base import NodeList, Parser, Token

from hengjian.console.exports.offering import offers, with_links

register = template.Library()


class Exportable(template.Node):
    """What stands in between, with the links below each table."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        inner = self.nodelist.render(context)
        request = context.get("request")
        return with_links(inner, request) if request is not None and offers(request) else inner


@register.tag
def exportable(parser: Parser, _token: Token) -> Exportable:
    """The tag itself."""
    nodes = parser.parse(("endexportable",))
    parser.delete_first_token()
    return Exportable(nodes)
