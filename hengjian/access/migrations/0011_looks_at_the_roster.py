from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0010_put_out'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ticket',
            name='ticket_shown_known',
        ),
        migrations.AlterField(
            model_name='ticket',
            name='shown',
            field=models.CharField(choices=[('ranking', '排名'), ('sheet', '得分表'), ('workings', '计算过程'), ('record', '原始记录'), ('comparison', '与另一次结果的比较'), ('export', '名册导出'), ('panel', '评价团名单'), ('roster', '干部名册')], max_length=20, verbose_name='查看内容'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('shown__in', ['ranking', 'sheet', 'workings', 'record', 'comparison', 'export', 'panel', 'roster'])), name='ticket_shown_known'),
        ),
    ]
