/* conf.c - the settings: one file, one table, read once at start
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"

#define FILE_BYTES_MAX ((size_t)64 * 1024)

enum shape { TEXT, PATH, BASE, NUMBER, CHOICE };

struct setting {
	const char *name;
	size_t at; /* offset in struct conf */
	enum shape shape;
	int64_t least, most; /* NUMBER */
	const char *initial; /* NULL: must be given */
	const char *choices; /* CHOICE: words in order of their values */
};

#define AT(member) #member, offsetof(struct conf, member)
#define KIB        1024L
#define MIB        (1024L * 1024)

/* clang-format off */
static const struct setting settings[] = {
	{ AT(public_base),           BASE,   0, 0, NULL, NULL },
	{ AT(default_face),          CHOICE, 0, 0, "stu3", "dstu2 stu3 r4" },
	{ AT(operator_name),         TEXT,   0, 0, "the operator of this gateway", NULL },
	{ AT(operator_contact),      TEXT,   0, 0, "", NULL },
	{ AT(log_level),             CHOICE, 0, 0, "info", "error warn info debug" },
	{ AT(database),              TEXT,   0, 0, NULL, NULL },
	{ AT(database_passfile),     PATH,   0, 0, "", NULL },
	{ AT(database_wait_ms),      NUMBER, 100, 60000, "2000", NULL },
	{ AT(signing_key_dir),       PATH,   0, 0, "/etc/wardgate/keys/signing", NULL },
	{ AT(public_key_dir),        PATH,   0, 0, "/etc/wardgate/keys/public", NULL },
	{ AT(pepper_dir),            PATH,   0, 0, "/etc/wardgate/keys/pepper", NULL },
	{ AT(cursor_key_file),       PATH,   0, 0, "/etc/wardgate/keys/cursor", NULL },
	{ AT(sealing_key_dir),       PATH,   0, 0, "/etc/wardgate/keys/sealing", NULL },
	{ AT(token_life_s),          NUMBER, 60, 3600, "600", NULL },
	{ AT(token_skew_s),          NUMBER, 0, 300, "60", NULL },
	{ AT(token_body_bytes),      NUMBER, KIB, MIB, "16384", NULL },
	{ AT(token_params),          NUMBER, 4, 1000, "32", NULL },
	{ AT(scope_bytes),           NUMBER, 36, 4096, "256", NULL },
	{ AT(bearer_bytes),          NUMBER, 512, 16 * KIB, "8192", NULL },
	{ AT(facade_body_bytes),     NUMBER, KIB, 64 * MIB, "1048576", NULL },
	{ AT(search_form_bytes),     NUMBER, KIB, MIB, "16384", NULL },
	{ AT(batch_entries),         NUMBER, 1, 500, "100", NULL },
	{ AT(batch_parallel),        NUMBER, 1, 100, "8", NULL },
	{ AT(batch_answer_bytes),    NUMBER, MIB, 256 * MIB, "33554432", NULL },
	{ AT(request_depth),         NUMBER, 8, 256, "64", NULL },
	{ AT(request_nodes),         NUMBER, 100, 10000000, "50000", NULL },
	{ AT(answer_nodes),          NUMBER, 1000, 10000000, "1000000", NULL },
	{ AT(answer_bytes),          NUMBER, KIB, 256 * MIB, "16777216", NULL },
	{ AT(answer_header_bytes),   NUMBER, KIB, MIB, "32768", NULL },
	{ AT(answer_headers),        NUMBER, 8, 10000, "100", NULL },
	{ AT(count_max),             NUMBER, 1, 10000, "1000", NULL },
	{ AT(count_default),         NUMBER, 1, 10000, "50", NULL },
	{ AT(pages_walked),          NUMBER, 1, 1000, "20", NULL },
	{ AT(fill_references),       NUMBER, 0, 1000, "50", NULL },
	{ AT(fill_parallel),         NUMBER, 1, 64, "8", NULL },
	{ AT(fill_wait_ms),          NUMBER, 50, 60000, "3000", NULL },
	{ AT(cursor_life_s),         NUMBER, 60, 86400, "86400", NULL },
	{ AT(cursor_bytes),          NUMBER, 256, 8 * KIB, "2048", NULL },
	{ AT(provider_http),         CHOICE, 0, 0, "refuse", "refuse loopback" },
	{ AT(provider_connect_ms),   NUMBER, 50, 60000, "3000", NULL },
	{ AT(provider_wait_ms),      NUMBER, 100, 120000, "20000", NULL },
	{ AT(provider_slow_bytes_s), NUMBER, 1, MIB, "1024", NULL },
	{ AT(provider_slow_s),       NUMBER, 1, 120, "10", NULL },
	{ AT(provider_requests),     NUMBER, 0, 1024, "0", NULL },
	{ AT(provider_patience_s),   NUMBER, 0, 3600, "300", NULL },
	{ AT(breaker_calls),         NUMBER, 0, 10000, "20", NULL },
	{ AT(breaker_percent),       NUMBER, 1, 100, "50", NULL },
	{ AT(breaker_time_outs),     NUMBER, 0, 10000, "5", NULL },
	{ AT(breaker_pause_ms),      NUMBER, 100, 600000, "5000", NULL },
	{ AT(request_wait_ms),       NUMBER, 200, 180000, "25000", NULL },
	{ AT(socket_wait_ms),        NUMBER, 100, 120000, "10000", NULL },
	{ AT(busy_wait_ms),          NUMBER, 10, 10000, "250", NULL },
	{ AT(facade_threads),        NUMBER, 1, 1024, "128", NULL },
	{ AT(other_threads),         NUMBER, 1, 1024, "32", NULL },
	{ AT(crew_threads),          NUMBER, 0, 1024, "64", NULL },
	{ AT(memory_bytes),          NUMBER, 8 * MIB, 64 * KIB * MIB, "402653184", NULL },
	{ AT(directory_entries),     NUMBER, 16, 10000000, "50000", NULL },
	{ AT(change_poll_ms),        NUMBER, 10, 1000, "250", NULL },
	{ AT(change_trust_ms),       NUMBER, 20, 5000, "900", NULL },
	{ AT(shared_dir),            PATH,   0, 0, "/run/wardgate/shared", NULL },
	{ AT(client_rate),           NUMBER, 0, 100000, "50", NULL },
	{ AT(client_burst),          NUMBER, 1, 1000000, "200", NULL },
	{ AT(tenant_rate),           NUMBER, 0, 100000, "200", NULL },
	{ AT(tenant_burst),          NUMBER, 1, 1000000, "800", NULL },
	{ AT(failures_per_minute),   NUMBER, 0, 100000, "10", NULL },
	{ AT(metric_tenants),        NUMBER, 0, 10000, "200", NULL },
	{ AT(limit_places),          NUMBER, 64, 10000000, "65536", NULL },
	{ AT(trusted_proxies),       TEXT,   0, 0, "", NULL },
	{ AT(forwarded_field),       CHOICE, 0, 0, "x-forwarded-for", "x-forwarded-for forwarded" },
	{ AT(audit_queue),           NUMBER, 16, 1000000, "10000", NULL },
	{ AT(audit_wait_ms),         NUMBER, 50, 60000, "2000", NULL },
	{ AT(secrets_per_client),    NUMBER, 1, 20, "5", NULL },
	{ AT(secret_life_days),      NUMBER, 1, 3650, "180", NULL },
	{ AT(secret_life_max_days),  NUMBER, 1, 3650, "730", NULL },
	{ AT(portal_dir),            PATH,   0, 0, "", NULL },
	{ AT(portal_key_file),       PATH,   0, 0, "/etc/wardgate/keys/portal", NULL },
	{ AT(portal_body_bytes),     NUMBER, 4 * KIB, MIB, "131072", NULL },
	{ AT(portal_idle_s),         NUMBER, 60, 86400, "900", NULL },
	{ AT(portal_life_s),         NUMBER, 300, 604800, "28800", NULL },
	{ AT(portal_proof_s),        NUMBER, 30, 86400, "300", NULL },
	{ AT(portal_remote_user),    CHOICE, 0, 0, "off", "off on" },
	{ AT(invitation_life_s),     NUMBER, 60, 2592000, "259200", NULL },
	{ AT(expiry_hook),           PATH,   0, 0, "", NULL },
};
/* clang-format on */

static void
range_text(const struct setting *s, char *to, size_t n)
{
	static const char *const words[] = {
		[TEXT] = "text",
		[PATH] = "path",
		[BASE] = "https URL without path",
	};

	if (s->shape == NUMBER)
		snprintf(to, n, "%lld to %lld", (long long)s->least,
		    (long long)s->most);
	else
		snprintf(to, n, "%s",
		    s->shape == CHOICE ? s->choices : words[s->shape]);
}

void
conf_each(
    void (*say)(void *, const char *, const char *, const char *), void *ctx)
{
	char range[96];
	size_t i;

	for (i = 0; i < COUNT(settings); i++) {
		range_text(&settings[i], range, sizeof range);
		say(ctx, settings[i].name,
		    settings[i].initial ? settings[i].initial : "", range);
	}
}

static bool
read_number(const struct setting *s, struct str value, int64_t *to)
{
	uint64_t n;

	if (!str_number(value, 18, &n) || (int64_t)n < s->least ||
	    (int64_t)n > s->most)
		return false;
	*to = (int64_t)n;
	return true;
}

static bool
read_choice(const struct setting *s, struct str value, int64_t *to)
{
	struct str words = str_of(s->choices);
	int64_t i;

	for (i = 0; words.at; i++)
		if (str_eq(value, str_cut(words, ' ', &words))) {
			*to = i;
			return value.len > 0;
		}
	return false;
}

/* Scheme and authority, nothing after them: links are built by appending. */
static bool
base_fits(struct str value)
{
	struct str host = value;
	bool loopback;
	size_t i;

	if (str_starts(value, "https://"))
		host = (struct str){ value.at + 8, value.len - 8 };
	else if (str_starts(value, "http://"))
		host = (struct str){ value.at + 7, value.len - 7 };
	else
		return false;
	loopback = str_is(host, "localhost") || str_is(host, "127.0.0.1") ||
	           str_is(host, "[::1]") || str_starts(host, "localhost:") ||
	           str_starts(host, "127.0.0.1:") || str_starts(host, "[::1]:");
	for (i = 0; i < host.len; i++)
		if (host.at[i] <= ' ' || host.at[i] >= 0x7f ||
		    strchr("/?#@\\\"<>", host.at[i]))
			return false;
	return host.len > 0 && (loopback || str_starts(value, "https://"));
}

static bool
read_value(
    const struct setting *s, struct arena *a, struct str value, struct conf *c)
{
	void *to = (char *)c + s->at;

	switch (s->shape) {
	case NUMBER:
		return read_number(s, value, to);
	case CHOICE:
		return read_choice(s, value, to);
	case BASE:
		if (!base_fits(value))
			return false;
		break;
	case PATH:
		if (value.len && value.at[0] != '/')
			return false;
		break;
	case TEXT:
		break;
	}
	if (!str_plain(value))
		return false;
	*(const char **)to = str_text(a, value);
	return true;
}

static const struct setting *
find(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(settings); i++)
		if (str_is(name, settings[i].name))
			return &settings[i];
	return NULL;
}

static bool
read_line(struct arena *a, struct conf *c, bool *seen, struct str line,
    long number, struct err *e)
{
	const struct setting *s;
	struct str value, name;
	char range[96];

	line = str_trim(line, " \t\r");
	if (!line.len || line.at[0] == '#')
		return true;
	name = str_trim(str_cut(line, '=', &value), " \t");
	if (!value.at)
		return err_set(e, ERR_CONF,
		    "%s:%ld: expected a line of the form `name = value`.",
		    c->path, number);
	value = str_trim(value, " \t");
	if (!(s = find(name)))
		return err_set(e, ERR_CONF,
		    "%s:%ld: there is no setting named \"%.*s\"; see "
		    "wardgate.conf(5).",
		    c->path, number, (int)(name.len > 60 ? 60 : name.len),
		    name.at);
	if (seen[s - settings])
		return err_set(e, ERR_CONF,
		    "%s:%ld: %s is set twice; keep one of the lines.", c->path,
		    number, s->name);
	seen[s - settings] = true;
	range_text(s, range, sizeof range);
	return read_value(s, a, value, c) ||
	       err_set(e, ERR_CONF, "%s:%ld: %s takes %s%s.", c->path, number,
		   s->name, s->shape == CHOICE ? "one of: " : "", range);
}

static bool
fill_rest(struct arena *a, struct conf *c, const bool *seen, struct err *e)
{
	size_t i;

	for (i = 0; i < COUNT(settings); i++) {
		const struct setting *s = &settings[i];

		if (seen[i])
			continue;
		if (!s->initial)
			return err_set(e, ERR_CONF,
			    "%s: the setting %s is missing; see "
			    "wardgate.conf(5).",
			    c->path, s->name);
		if (!read_value(s, a, str_of(s->initial), c))
			return err_why(e, ERR_BROKEN, "default of %s", s->name);
	}
	return true;
}

/* Rules between settings: the request must outlive what it waits for. */
static bool
agree(const struct conf *c, struct err *e)
{
	if (c->count_default > c->count_max)
		return err_set(e, ERR_CONF,
		    "%s: count_default is larger than count_max.", c->path);
	if (c->provider_wait_ms >= c->request_wait_ms)
		return err_set(e, ERR_CONF,
		    "%s: request_wait_ms must be larger than "
		    "provider_wait_ms.",
		    c->path);
	if (c->change_poll_ms * 2 > c->change_trust_ms)
		return err_set(e, ERR_CONF,
		    "%s: change_trust_ms must be at least twice "
		    "change_poll_ms.",
		    c->path);
	if (c->tenant_rate && c->tenant_burst < c->batch_entries)
		return err_set(e, ERR_CONF,
		    "%s: tenant_burst must be at least batch_entries, or a "
		    "batch of that size could never pass.",
		    c->path);
	return true;
}

static bool
slurp(struct arena *a, const char *path, struct str *text, struct err *e)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	char *p;
	size_t n;

	if (!f)
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", path,
		    strerror(errno));
	if (fstat(fileno(f), &st) || (st.st_mode & S_IWOTH)) {
		fclose(f);
		return err_set(e, ERR_CONF,
		    "%s: everybody may write it; run `chmod o-w %s`.", path,
		    path);
	}
	p = arena_raw(a, FILE_BYTES_MAX + 1);
	n = fread(p, 1, FILE_BYTES_MAX + 1, f);
	fclose(f);
	if (n > FILE_BYTES_MAX)
		return err_set(e, ERR_CONF, "%s: larger than %zu bytes.", path,
		    FILE_BYTES_MAX);
	*text = (struct str){ p, n };
	return true;
}

const struct conf *
conf_read(struct arena *a, const char *path, struct err *e)
{
	struct conf *c = arena_get(a, sizeof *c);
	bool seen[COUNT(settings)] = { false };
	struct str text, line;
	long number = 0;

	c->path = arena_dup(a, path, strlen(path));
	if (!slurp(a, path, &text, e))
		return NULL;
	while (text.at) {
		line = str_cut(text, '\n', &text);
		if (!read_line(a, c, seen, line, ++number, e))
			return NULL;
	}
	return fill_rest(a, c, seen, e) && agree(c, e) ? c : NULL;
}

bool
conf_secret_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st))
		return err_set(e, ERR_CONF, "%s: cannot be read: %s.", path,
		    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONF, "%s: is not a regular file.", path);
	if (st.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return err_set(e, ERR_CONF,
		    "%s: holds a secret and has mode %04o; run `chmod 0640 "
		    "%s`.",
		    path, (unsigned)(st.st_mode & 07777), path);
	return true;
}
