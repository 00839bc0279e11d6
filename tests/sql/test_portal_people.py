# test_portal_people.py - what the portal may do with accounts, whatever it asks
# SPDX-License-Identifier: Apache-2.0
#
# Everything here is asked as wg_admin: a page that forgets to look at roles
# must get no further.

from tests.sql import base

PORTAL = "wg_admin"
LIFE = "interval '1 hour'"


class People(base.DatabaseCase):

    def setUp(self):
        self.sql("delete from wardgate.account")
        self.sql("delete from wardgate.invitation")
        self.n = 0

    def account(self, roles="developer", totp="null"):
        self.n += 1
        return self.sql(
            "insert into wardgate.account (login, roles, passphrase, totp)"
            f" values ('who{self.n}', '{{{roles}}}', 'scrypt$', {totp})"
            " returning account_id")

    def session(self, account, stage="full", before="null", phrase="null"):
        self.n += 1
        hash = f"decode(repeat('{self.n:02x}', 32), 'hex')"
        self.opened = self.sql(
            f"select wardgate.session_open({hash}, '{account}', '{stage}',"
            f" '192.0.2.1', 'x', {before}, {phrase})", PORTAL)
        return hash

    def refused(self, state, text):
        with self.assertRaisesRegex(base.Refused, state):
            self.sql("select " + text, PORTAL)

    def acts(self, by, on):
        return (f"wardgate.portal_account_able('{by}', '{on}', false)",
                f"wardgate.portal_account_able('{by}', '{on}', true)",
                f"wardgate.portal_account_roles_set('{by}', '{on}', 'admin')",
                f"wardgate.portal_account_totp_remove('{by}', '{on}')")

    def invite(self, by, on="null", fill="ee"):
        return (f"wardgate.portal_invitation_make('{by}', decode(repeat("
                f"'{fill}', 32), 'hex'), 'x', 'admin', {on}, {LIFE})")

    def test_only_admins_keep_accounts(self):
        admin, on = self.account("admin"), self.account()
        gone, most = (self.account("admin"),
                      self.account("developer,operator,auditor"))
        self.sql("update wardgate.account set disabled_at = now()"
                 f" where account_id = '{gone}'")
        before = self.sql("select * from wardgate.account order by login")
        for by in (most, gone, on, base.CLIENT):
            said = [*self.acts(by, on), self.invite(by),
                    self.invite(by, f"'{on}'"),
                    f"wardgate.portal_account_list('{by}')"]
            for text in said:
                with self.subTest(text):
                    self.refused("WG404", text)
        self.assertEqual(before, self.sql(
            "select * from wardgate.account order by login"))
        self.assertEqual(self.sql("select count(*) from wardgate.invitation"),
                         "0")
        for text in (*self.acts(admin, on), self.invite(admin)):
            self.sql("select " + text, PORTAL)
        self.assertIn("who1", self.sql(
            f"select * from wardgate.portal_account_list('{admin}')", PORTAL))

    def test_nobody_keeps_themselves(self):
        admin = self.account("admin")
        for text in self.acts(admin, admin):
            self.refused("WG409", text)

    def test_the_trail_names_the_admin(self):
        admin, on = self.account("admin"), self.account()
        self.sql("select " + self.acts(admin, on)[0], PORTAL)
        self.assertEqual(self.sql(
            "select made_by from wardgate.audit order by at desc limit 1"),
            "postgres (who1)")

    def test_links_of_somebody_who_was_an_admin_are_void(self):
        for n, act in ((0, "account_able({}, false)"),
                       (1, "account_roles_set({}, 'developer')")):
            admin = self.account("admin")
            self.sql("select " + self.invite(admin, fill=f"a{n}"), PORTAL)
            self.sql(f"select wardgate.{act.format(repr(admin))}",
                     "wg_operator")
            self.refused("WG404", "wardgate.invitation_use(decode(repeat("
                         f"'a{n}', 32), 'hex'), 'evil', 'scrypt$')")

    def test_a_new_passphrase_voids_links_that_set_another(self):
        admin, on = self.account("admin"), self.account()
        self.sql("select " + self.invite(admin, f"'{on}'"), PORTAL)
        self.sql(f"select wardgate.account_passphrase_set('{on}', 'scrypt$b',"
                 " null)", PORTAL)
        self.assertEqual(self.sql("select count(*) from wardgate.invitation"),
                         "0")

    def test_half_signed_in_is_good_for_the_first_phone_alone(self):
        who = self.account("admin")
        first, beside = (self.session(who, "enrol") for _ in "12")
        phone = ("wardgate.account_totp_set('{}', '\\x{}', 1,"
                 " repeat('00', 32), {})")
        self.refused("WG409", phone.format(who, "aa", self.session(
            self.account("admin"))))
        self.sql("select " + phone.format(who, "aa", first), PORTAL)
        for late in (beside, first):
            self.refused("WG409", phone.format(who, "bb", late))
        self.sql("select " + phone.format(who, "cc", self.session(who)),
                 PORTAL)
        self.assertEqual(self.sql("select totp from wardgate.account"
                                  f" where account_id = '{who}'"), "\\xcc")

    def test_a_session_that_has_ended_leads_to_no_other(self):
        who, other = self.account(), self.account()
        first = self.session(who, "code")
        second = self.session(who, before=first)
        self.assertEqual(self.opened, "t")
        for before in (first, self.session(other)):
            self.session(who, before=before)
            self.assertEqual(self.opened, "f")
        self.sql(f"select wardgate.session_end({second})", PORTAL)
        self.session(who, before=second)
        self.assertEqual(self.opened, "f")
        self.assertEqual(self.sql(
            "select count(*) from wardgate.portal_session"
            f" where account_id = '{who}'"), "0")

    def test_what_nobody_proved_here_is_no_proof(self):
        """Whom the web server names has given no passphrase."""
        who = self.account()
        proved = (f"select proved from wardgate.session_find({{}}, {LIFE},"
                  f" {LIFE}, {LIFE})")
        vouched = self.session(who, "code")
        self.assertEqual(self.sql(proved.format(vouched), PORTAL), "f")
        after = self.session(who, before=vouched)
        self.assertEqual(self.sql(proved.format(after), PORTAL), "t")
        typed = self.session(who, phrase="'scrypt$'")
        self.assertEqual(self.sql(proved.format(typed), PORTAL), "t")

    def test_who_is_signed_in_asks_until_the_end_of_the_transaction(self):
        who, other = self.account(), self.account()
        asking = "select wardgate.asking(null), wardgate.asking('%s')" % other
        found = (f"from wardgate.session_find({{}}, {LIFE}, {LIFE}, {LIFE});"
                 f" {asking}")
        for stage, answer in (("full", who), ("code", ""), ("enrol", "")):
            found_at = found.format(self.session(who, stage))
            with self.subTest(stage):
                self.assertEqual(self.sql(
                    f"begin; select {found_at}; commit; {asking}", PORTAL)
                    .split(), [f"{answer}|{other}", f"|{other}"])

    def begins(self, who, source):
        """Seconds to wait, 0 when it may be tried."""
        return int(self.sql(
            f"select wardgate.signin_begin({who}, '{source}')", PORTAL))

    def counted(self, who):
        return self.sql("select coalesce(sum(failures), 0)"
                        f" from wardgate.signin_failure where who = {who}")

    def test_names_wait_where_they_fail_and_codes_everywhere(self):
        account = self.account()
        name = "sha256('nobody')"
        code = f"sha256(uuid_send('{account}'))"
        for who, elsewhere in ((name, False), (code, True)):
            for n in range(3):
                place = f"192.0.2.{n if who == code else 1}"
                self.assertEqual(self.begins(who, place), 0)
                self.sql(f"select wardgate.signin_failed({who}, '{place}')",
                         PORTAL)
            self.sql("update wardgate.signin_failure set failures = 8"
                     f" where who = {who}")
            self.assertGreater(self.begins(who, "192.0.2.1"), 8)
            self.assertEqual(self.counted(who), "8", "waiting is no guess")
            self.assertEqual(self.begins(who, "2001:db8::1") > 8, elsewhere)
        self.sql(f"select wardgate.signin_good({code}, '192.0.2.99')", PORTAL)
        self.assertEqual(self.begins(code, "192.0.2.1"), 0)
        self.assertEqual(self.sql(
            "select host(source) from wardgate.audit order by at desc"
            " limit 1"), "192.0.2.2")

    def test_guesses_at_once_are_counted_before_they_are_looked_at(self):
        name = "sha256('several')"
        self.assertEqual([self.begins(name, "192.0.2.1") > 0
                          for _ in range(6)], [False] * 3 + [True] * 3)
        self.assertEqual(self.counted(name), "3")

    def test_what_could_not_be_looked_at_is_no_guess(self):
        name = "sha256('busy')"
        for left in ("1", "0"):
            for _ in range(1 + int(left)):
                self.begins(name, "192.0.2.1")
            self.sql(f"select wardgate.signin_untried({name}, '192.0.2.1')",
                     PORTAL)
            self.assertEqual(self.counted(name), left)
            self.sql("delete from wardgate.signin_failure")

    def test_a_passphrase_that_was_changed_meanwhile_opens_nothing(self):
        who = self.account()
        self.session(who, phrase="'scrypt$'")
        self.assertEqual(self.opened, "t")
        self.sql("select wardgate.account_passphrase_set("
                 f"'{who}', 'scrypt$new', null)", PORTAL)
        self.session(who, phrase="'scrypt$'")
        self.assertEqual(self.opened, "f")
        self.assertEqual(self.sql(
            "select wardgate.account_passphrase_moved("
            f"'{who}', 'scrypt$', 'scrypt$old')", PORTAL), "f")
        self.session(who, phrase="'scrypt$new'")
        self.assertEqual(self.opened, "t")

    def test_one_name_has_one_spelling(self):
        self.account()
        self.sql("update wardgate.account set login = 'kim'")
        for name, found in (("kim", 1), (" KIM", 1), ("\u212aim", 0),
                            ("k\u0130m", 0), ("k\u0131m", 0)):
            self.assertEqual(self.sql(
                "select count(*) from wardgate.account_for_signin("
                f"'{name}')", PORTAL), str(found), repr(name))
