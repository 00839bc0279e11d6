/* credential.c - what a provider wants to be shown, sealed until it is sent
 * SPDX-License-Identifier: Apache-2.0
 *
 * In the box: the origin, of OAuth a blank and that of the token endpoint, a
 * line end, the secret. */
#include "gate/credential.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext/fetch_url.h"

#define SUFFIX      ".key"
#define ORIGIN_MAX  512
#define SERVERS_MAX (2 * ORIGIN_MAX)
#define BASIC       "Authorization: Basic "
#define PURPOSE     "provider credential"

_Static_assert(ORIGIN_MAX + 1 + CREDENTIAL_KEY_MAX <= BOX_SECRET_MAX,
    "a key and its server fit into a box");

static const char *const words[] = { [CREDENTIAL_NONE] = "none",
	[CREDENTIAL_BASIC] = "basic",
	[CREDENTIAL_HEADER] = "header",
	[CREDENTIAL_OAUTH] = "oauth",
	[CREDENTIAL_SMART] = "smart",
	[CREDENTIAL_CERTIFICATE] = "certificate" };

bool
credential_kind_read(struct str word, enum credential_kind *kind)
{
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (str_is(word, words[i])) {
			*kind = (enum credential_kind)i;
			return true;
		}
	return false;
}

const char *
credential_kind_word(enum credential_kind kind)
{
	return words[kind];
}

/* ---- what can be sent ------------------------------------------------------------- */

static bool
basic_fits(struct str secret, struct err *e)
{
	struct str password, user = str_cut(secret, ':', &password);

	if (!password.at || !user.len)
		return err_set(
		    e, ERR_PARAM, "There is no user, or no password after it.");
	return str_plain(secret) ||
	       err_set(e, ERR_PARAM,
		   "User and password must be UTF-8 without control "
		   "characters.");
}

/* Fields that relay/upstream sets, or that frame the request (RFC 9110 7.6,
 * RFC 9112 6): a credential in one of these would change what is asked. */
static const char *const taken[] = { "accept", "accept-encoding", "connection",
	"content-encoding", "content-length", "content-type", "expect", "host",
	"if-none-match", "keep-alive", "proxy-authorization",
	"proxy-connection", "range", "te", "traceparent", "trailer",
	"transfer-encoding", "upgrade", "user-agent", "x-request-id" };

static bool
is_taken(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(taken); i++)
		if (str_is_nocase(name, taken[i]))
			return true;
	return false;
}

/* RFC 9110 5.6.2 */
static bool
is_token(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~' ||
		    strchr("\"(),/:;<=>?@[\\]{}", s.at[i]))
			return false;
	return s.len > 0;
}

static bool
is_value(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~')
			return false;
	return s.len > 0 && s.at[0] != ' ' && s.at[s.len - 1] != ' ';
}

static bool
header_fits(struct str secret, struct err *e)
{
	struct str value, name = str_cut(secret, ':', &value);

	if (!value.at || !is_token(name))
		return err_set(e, ERR_PARAM,
		    "A header is written as its name, a colon, a blank and "
		    "its value: Authorization: Bearer ...");
	if (is_taken(name))
		return err_set(e, ERR_PARAM,
		    "The header %.*s belongs to the request itself and cannot "
		    "be a credential.",
		    STR_FMT(name));
	if (value.len && value.at[0] == ' ')
		value = (struct str){ value.at + 1, value.len - 1 };
	return is_value(value) ||
	       err_set(e, ERR_PARAM,
		   "The header's value must be visible ASCII characters, with "
		   "blanks between them at most.");
}

static bool
oauth_fits(struct str secret, struct err *e)
{
	return (secret.len && str_plain(secret)) ||
	       err_set(e, ERR_PARAM,
		   "The client secret must be UTF-8 without control "
		   "characters.");
}

/* What is inside is looked at by whoever signs with it. */
static bool
key_fits(struct str secret, struct err *e)
{
	return (str_starts(secret, "-----BEGIN PRIVATE KEY-----\n") &&
		   secret.len <= CREDENTIAL_KEY_MAX &&
		   !memchr(secret.at, '\0', secret.len)) ||
	       err_set(e, ERR_PARAM,
		   "The private key must be PKCS#8 in PEM, not encrypted, of "
		   "%d bytes at most.",
		   CREDENTIAL_KEY_MAX);
}

bool
credential_fits(enum credential_kind kind, struct str secret, struct err *e)
{
	if (kind == CREDENTIAL_SMART || kind == CREDENTIAL_CERTIFICATE)
		return key_fits(secret, e);
	if (secret.len > CREDENTIAL_SECRET_MAX)
		return err_set(e, ERR_PARAM,
		    "The credential is longer than %d bytes.",
		    CREDENTIAL_SECRET_MAX);
	return kind == CREDENTIAL_BASIC    ? basic_fits(secret, e)
	       : kind == CREDENTIAL_HEADER ? header_fits(secret, e)
	       : kind == CREDENTIAL_OAUTH
	           ? oauth_fits(secret, e)
	           : err_set(e, ERR_PARAM, "There is nothing to seal.");
}

/* ---- what a box is bound to ---------------------------------------------------------- */

/* to receives BOX_ABOUT_MAX bytes at most. */
static struct str
bound_to(char to[BOX_ABOUT_MAX], const struct credential_for *of)
{
	char tenant[GUID_LEN + 1];
	int n = snprintf(to, BOX_ABOUT_MAX, PURPOSE " %s %s",
	    credential_kind_word(of->kind), guid_write(tenant, &of->tenant));

	return (struct str){ to, (size_t)n };
}

/* Scheme, host and port as parsed parts (RFC 6454 4), whatever the spelling. */
static bool
origin_of(const char *url, char to[ORIGIN_MAX])
{
	struct arena *a = arena_new();
	struct fetch_url u;
	bool read = fetch_url_read(a, str_of(url), &u);

	if (read)
		read = snprintf(to, ORIGIN_MAX, "%s://%s:%u",
			   u.https ? "https" : "http", u.host,
			   (unsigned)u.port) < ORIGIN_MAX;
	arena_free(a);
	return read;
}

/* Every server that the secret, or what is had for it, is sent to. */
static bool
servers_of(const struct credential_for *of, char to[SERVERS_MAX])
{
	size_t n;

	if (!origin_of(of->base_url, to))
		return false;
	if (of->kind != CREDENTIAL_OAUTH)
		return true;
	n = strlen(to);
	to[n++] = ' ';
	return of->token_url && origin_of(of->token_url, to + n);
}

char *
credential_close(struct arena *a,
    const unsigned char public[CRYPT_X25519_BYTES],
    const struct credential_for *to, struct str secret, struct err *e)
{
	char about[BOX_ABOUT_MAX], servers[SERVERS_MAX], *box;
	char plain[SERVERS_MAX + 1 + CREDENTIAL_KEY_MAX];
	size_t n;

	if (!credential_fits(to->kind, secret, e))
		return NULL;
	if (!servers_of(to, servers)) {
		err_set(e, ERR_PARAM,
		    "The address of the provider, or of its token endpoint, "
		    "is no http URL.");
		return NULL;
	}
	n = (size_t)snprintf(plain, sizeof plain, "%s\n", servers);
	memcpy(plain + n, secret.at, secret.len);
	box = box_close(a, public, bound_to(about, to),
	    (struct str){ plain, n + secret.len });
	crypt_wipe(plain, sizeof plain);
	if (!box)
		err_set(e, ERR_CONF, "The sealing key in use is none.");
	return box;
}

/* ---- keys ------------------------------------------------------------------------------ */

bool
credential_key(const char *dir, const char *kid,
    unsigned char private[CRYPT_X25519_BYTES], struct err *e)
{
	unsigned char public[CRYPT_X25519_BYTES];
	char path[4096], is[BOX_KID_LEN + 1];

	if ((size_t)snprintf(path, sizeof path, "%s/%s" SUFFIX, dir, kid) >=
	    sizeof path)
		return err_set(e, ERR_CONF, "%s: too long a path.", dir);
	if (!crypt_key_file(path, private, e))
		return false;
	crypt_x25519_public(public, private);
	box_kid(is, public);
	if (!strcmp(is, kid))
		return true;
	crypt_wipe(private, CRYPT_X25519_BYTES);
	return err_set(
	    e, ERR_CONF, "%s: is the key %s by its content.", path, is);
}

static bool
entry_fits(const char *dir, const char *name, struct err *e)
{
	const size_t n = strlen(name), end = sizeof SUFFIX - 1;
	unsigned char private[CRYPT_X25519_BYTES];
	char kid[BOX_KID_LEN + 1];

	if (name[0] == '.' || n < end || strcmp(name + n - end, SUFFIX) != 0)
		return true; /* none of ours */
	if (n != BOX_KID_LEN + end)
		return err_set(e, ERR_CONF,
		    "%s/%s: is named after no sealing key.", dir, name);
	memcpy(kid, name, BOX_KID_LEN);
	kid[BOX_KID_LEN] = '\0';
	if (!credential_key(dir, kid, private, e))
		return false;
	crypt_wipe(private, sizeof private);
	return true;
}

bool
credential_keys_fit(const char *dir, struct err *e)
{
	struct dirent *entry;
	bool fit = true;
	DIR *d = opendir(dir);

	if (!d)
		return errno == ENOENT ||
		       err_set(e, ERR_CONF, "%s: cannot be read: %s.", dir,
			   strerror(errno));
	while (fit && (entry = readdir(d)))
		fit = entry_fits(dir, entry->d_name, e);
	closedir(d);
	return fit;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* What a box holds, taken apart; wipe it. */
struct opened {
	unsigned char plain[BOX_SECRET_MAX];
	struct str servers, secret; /* in plain */
};

static bool
opened(struct opened *o, const char *dir, const struct credential_for *of,
    struct str box, struct err *e)
{
	unsigned char private[CRYPT_X25519_BYTES];
	char about[BOX_ABOUT_MAX], kid[BOX_KID_LEN + 1];
	struct err why = { .kind = ERR_NONE };
	struct str whole;
	bool good;

	if (!box_read(box, kid))
		return err_why(e, ERR_CREDENTIAL, "what is stored is no box");
	if (!credential_key(dir, kid, private, &why))
		return err_why(e, ERR_CREDENTIAL,
		    "sealed to the key %s: %.200s", kid, why.said);
	good =
	    box_open(private, bound_to(about, of), box, o->plain, &whole.len);
	crypt_wipe(private, sizeof private);
	if (!good)
		return err_why(e, ERR_CREDENTIAL,
		    "the box does not open: it was altered, or sealed for "
		    "another tenant or kind than %s",
		    credential_kind_word(of->kind));
	whole.at = (const char *)o->plain;
	o->servers = str_cut(whole, '\n', &o->secret);
	return o->secret.at ||
	       err_why(e, ERR_CREDENTIAL, "the box holds no credential");
}

static char *
line_of(enum credential_kind kind, struct str secret)
{
	size_t room = sizeof BASIC + (secret.len + 2) / 3 * 4;
	char *line = calloc(1, room);
	size_t n = 0;

	if (!line)
		abort();
	if (kind != CREDENTIAL_BASIC) {
		memcpy(line, secret.at, secret.len);
		return line;
	}
	memcpy(line, BASIC, sizeof BASIC - 1);
	n = sizeof BASIC - 1;
	n += enc_b64(line + n, secret.at, secret.len);
	line[n] = '\0';
	return line;
}

/* Who has the public key may have closed a box by another way than ours. */
static bool
is_for(const struct opened *o, const struct credential_for *of, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	char servers[SERVERS_MAX];

	if (!servers_of(of, servers) || !str_is(o->servers, servers))
		return err_why(e, ERR_CREDENTIAL,
		    "it was sealed for the server %.*s, and the provider's is "
		    "another one now",
		    STR_FMT(o->servers));
	return credential_fits(of->kind, o->secret, &why) ||
	       err_why(
		   e, ERR_CREDENTIAL, "it cannot be sent: %.200s", why.said);
}

char *
credential_open(const char *dir, const struct credential_for *of,
    struct str box, struct err *e)
{
	struct opened o;
	char *line = NULL;

	if (opened(&o, dir, of, box, e) && is_for(&o, of, e))
		line = line_of(of->kind, o.secret);
	crypt_wipe(&o, sizeof o);
	return line;
}

void
credential_free(void *line)
{
	if (line)
		crypt_wipe(line, strlen(line));
	free(line);
}

char *
credential_reseal(struct arena *a, const char *dir,
    const struct credential_for *of, struct str box,
    const unsigned char public[CRYPT_X25519_BYTES], struct err *e)
{
	char about[BOX_ABOUT_MAX], *fresh = NULL;
	struct opened o;

	if (opened(&o, dir, of, box, e) &&
	    !(fresh = box_close(a, public, bound_to(about, of),
		  (struct str){ (const char *)o.plain,
		      o.servers.len + 1 + o.secret.len })))
		err_set(e, ERR_CONF, "The sealing key in use is none.");
	crypt_wipe(&o, sizeof o);
	return fresh;
}
