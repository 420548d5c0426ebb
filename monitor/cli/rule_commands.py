"""`hashhedge rules`, put together: some of its commands need the others' options."""

from __future__ import annotations

from monitor.cli import rule_diff, rule_identity, rules, rules_reload, rules_user

app = rules.app
app.command("diff")(rule_diff.diff)
app.command("explain")(rule_identity.explain)
rules_reload.add_to(app)
rules_user.add_to(app)
