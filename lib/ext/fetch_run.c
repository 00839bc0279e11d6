/* fetch_run.c - one transfer: what is asked, what comes back, what is refused
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fetch_run_inner.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

#define CA_DIR      "/etc/ssl/certs"
#define CONN_AGE_S  55L  /* below the minute that many servers wait */
#define CONN_LIFE_S 300L /* so that a provider that moves is followed */

_Static_assert(FETCH_DETAIL >= CURL_ERROR_SIZE, "room for libcurl's words");

/* ---- how a transfer ended --------------------------------------------------
 * Words of libcurl go to the log, unless they could hold a URL. */

static bool
may_be_told(const char *detail)
{
	return detail[0] && !strpbrk(detail, "/?") && str_plain(str_of(detail));
}

/* Of OpenSSL's words those that say what it was: before them stand its version
 * and a number. */
static const char *
essence(const char *detail)
{
	static const char room[] = "SSL routines::";
	const char *at = strstr(detail, room);

	return at ? at + sizeof room - 1 : detail;
}

/* An alert of the other side about our certificate, or that it wants one: it
 * comes in the place of the first answer (RFC 8446 6.2). */
static bool
certificate_refused(const struct fetch_run *r)
{
	return strstr(r->detail, " alert ") &&
	       (strstr(r->detail, "certificate") ||
		   strstr(r->detail, "unknown ca") ||
		   strstr(r->detail, "access denied"));
}

static enum err_kind
kind_of(CURLcode code, const struct fetch_run *r)
{
	if (certificate_refused(r))
		return ERR_UPSTREAM_AUTH;
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_UPSTREAM_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
		return ERR_UPSTREAM_LARGE;
	case CURLE_OUT_OF_MEMORY: /* what 7.88 says of a 100 KB header line */
		return r->job->sent ? ERR_UPSTREAM_LARGE : ERR_BROKEN;
	case CURLE_SSL_CERTPROBLEM: /* certificate and key do not fit */
		return ERR_CREDENTIAL;
	case CURLE_URL_MALFORMAT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_FAILED_INIT:
		return ERR_BROKEN;
	default:
		return r->job->sent ? ERR_UPSTREAM_BAD : ERR_UPSTREAM_CONNECT;
	}
}

static void
explain(struct fetch_run *r, CURLcode code)
{
	struct err *e = &r->job->e;

	if (r->kind)
		err_why(e, r->kind, "%s", r->why);
	else if (code != CURLE_OK && may_be_told(essence(r->detail)))
		err_why(e, kind_of(code, r), "%s: %s", curl_easy_strerror(code),
		    essence(r->detail));
	else if (code != CURLE_OK)
		err_why(e, kind_of(code, r), "%s", curl_easy_strerror(code));
	else if (r->job->status < 200)
		err_why(e, ERR_UPSTREAM_BAD, "no final status");
}

size_t
fetch_run_cut(struct fetch_run *r, enum err_kind kind, const char *why)
{
	if (!r->kind) {
		r->kind = kind;
		r->why = why;
	}
	return 0;
}

/* ---- handles ---------------------------------------------------------------- */

void *
fetch_handle_new(const char *ca_dir)
{
	CURL *h = curl_easy_init();

	if (!h)
		abort(); /* no memory */
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_REDIR_PROTOCOLS_STR, "");
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_MAXREDIRS, 0L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(h, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(h, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
	/* The hashed folder: the bundle would be parsed for each connection. */
	curl_easy_setopt(h, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(h, CURLOPT_CAPATH, ca_dir ? ca_dir : CA_DIR);
	curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(h, CURLOPT_USERAGENT, "wardgate/" WG_VERSION);
	curl_easy_setopt(h, CURLOPT_MAXAGE_CONN, CONN_AGE_S);
	curl_easy_setopt(h, CURLOPT_MAXLIFETIME_CONN, CONN_LIFE_S);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, fetch_on_header);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, fetch_on_body);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, fetch_on_open);
	return h;
}

/* "host:port:address,address": libcurl finds the name in its cache and has
 * nothing to resolve. */
static struct curl_slist *
pin_list(const struct fetch_job *job)
{
	struct curl_slist *l = arena_get(job->a, sizeof *l);
	char text[INET6_ADDRSTRLEN];
	struct buf b = buf_new(job->a, 1024);
	unsigned i;

	buf_fmt(&b, "%s:%u:", job->url.host, job->url.port);
	for (i = 0; i < job->addrs_n; i++) {
		const struct fetch_addr *at = &job->addrs[i];

		inet_ntop(
		    at->v6 ? AF_INET6 : AF_INET, at->at, text, sizeof text);
		buf_fmt(&b, at->v6 ? "%s[%s]" : "%s%s", i ? "," : "", text);
	}
	l->data = buf_text(&b);
	return l;
}

static struct curl_slist *
head_list(const struct fetch_job *job)
{
	static char no_expect[] = "Expect:";
	struct curl_slist *l =
	    arena_get(job->a, (FETCH_HEADS_MAX + 1) * sizeof *l);
	unsigned i;

	l[0].data = no_expect;
	for (i = 0; i < FETCH_HEADS_MAX && job->heads[i]; i++) {
		l[i + 1].data = job->heads[i];
		l[i].next = &l[i + 1];
	}
	return l;
}

static void
set_method(CURL *h, const struct fetch_job *job)
{
	if (!job->post.at) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, NULL);
		curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
		return;
	}
	curl_easy_setopt(h, CURLOPT_POST, 1L);
	curl_easy_setopt(
	    h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->post.len);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, job->post.at);
}

static struct curl_blob
blob_of(const char *text)
{
	union {
		const char *kept;
		void *read_only;
	} at = { text };

	return (
	    struct curl_blob){ at.read_only, strlen(text), CURL_BLOB_NOCOPY };
}

/* Of one that is not in the list nobody has said that it is still good. */
static CURLcode
on_context(CURL *h, void *context, void *ctx)
{
	const struct fetch_run *r = ctx;

	(void)h;
	if (strstr(r->job->tls->ca, "-----BEGIN X509 CRL-----"))
		X509_STORE_set_flags(
		    SSL_CTX_get_cert_store(context), X509_V_FLAG_CRL_CHECK);
	return CURLE_OK;
}

/* A handle that had this is not used for another transfer. */
static void
set_tls(CURL *h, struct fetch_run *r)
{
	const struct fetch_tls *t = r->job->tls;
	struct curl_blob chain = blob_of(t->chain), key = blob_of(t->key),
			 ca = blob_of(t->ca);

	if (chain.len) {
		curl_easy_setopt(h, CURLOPT_SSLCERT_BLOB, &chain);
		curl_easy_setopt(h, CURLOPT_SSLKEY_BLOB, &key);
	}
	if (!ca.len)
		return;
	curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &ca);
	curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, r);
}

void
fetch_run_set(struct fetch_run *r)
{
	const struct fetch_job *job = r->job;
	CURL *h = r->easy;

	curl_easy_setopt(h, CURLOPT_URL, fetch_url_write(job->a, &job->url));
	curl_easy_setopt(
	    h, CURLOPT_PROTOCOLS_STR, job->plain_http ? "http,https" : "https");
	curl_easy_setopt(
	    h, CURLOPT_RESOLVE, job->url.v6 ? NULL : pin_list(job));
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION,
	    job->http2 ? (long)CURL_HTTP_VERSION_2TLS
		       : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(h, CURLOPT_PIPEWAIT, job->http2 ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, head_list(job));
	set_method(h, job);
	if (job->tls)
		set_tls(h, r);
	curl_easy_setopt(h, CURLOPT_CERTINFO, job->look ? 1L : 0L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)job->connect_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)job->total_ms);
	curl_easy_setopt(
	    h, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)job->limits->body_bytes);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, r->detail);
	curl_easy_setopt(h, CURLOPT_PRIVATE, r);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, r);
}

static void
ask_libcurl(struct fetch_run *r)
{
	curl_off_t before_sent_us = 0;
	long connects = 0;

	curl_easy_getinfo(
	    r->easy, CURLINFO_PRETRANSFER_TIME_T, &before_sent_us);
	curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connects);
	r->job->sent = before_sent_us > 0;
	r->job->fresh = connects > 0;
}

/* One line of libcurl's about the server's own certificate: "Subject:..." */
static void
read_certificate_line(struct fetch_job *job, struct str line)
{
	struct fetch_certificate *to = &job->certificate;
	struct str value, name = str_cut(line, ':', &value);
	int64_t at;

	value = str_of(str_text(job->a, str_trim(value, " \t\n")));
	if (str_is(name, "Subject"))
		to->subject = value;
	else if (str_is(name, "Issuer"))
		to->issuer = value;
	else if (str_is(name, "X509v3 Subject Alternative Name"))
		to->names = value;
	else if (str_is(name, "Start date") && (at = fetch_date(value.at)) > 0)
		to->starts_s = at;
	else if (str_is(name, "Expire date") && (at = fetch_date(value.at)) > 0)
		to->ends_s = at;
}

static void
read_certificate(struct fetch_run *r)
{
	struct curl_certinfo *info = NULL;
	const struct curl_slist *l;

	if (curl_easy_getinfo(r->easy, CURLINFO_CERTINFO, &info) || !info ||
	    info->num_of_certs < 1)
		return;
	for (l = info->certinfo[0]; l; l = l->next)
		read_certificate_line(r->job, str_of(l->data));
}

void
fetch_run_over(struct fetch_run *r, int code)
{
	struct fetch_job *job = r->job;

	ask_libcurl(r);
	explain(r, (CURLcode)code);
	if (job->look)
		read_certificate(r);
	if (job->status < 200)
		job->status = 0;
	job->elapsed_ms = (unsigned)((clock_mono_us() - r->began_us) / 1000);
}

bool
fetch_run_slow(struct fetch_run *r, int64_t now)
{
	const struct fetch_limits *l = r->job->limits;
	size_t bytes = r->head_bytes + r->body_bytes;

	if (!bytes)
		return false; /* still thinking: total_ms bounds that */
	if (!r->slow_since_ms) {
		r->slow_since_ms = now;
		r->slow_bytes = bytes;
		return false;
	}
	if (now - r->slow_since_ms < (int64_t)l->slow_s * 1000)
		return false;
	if (bytes - r->slow_bytes < (size_t)l->slow_bytes_s * l->slow_s)
		return true;
	r->slow_since_ms = now;
	r->slow_bytes = bytes;
	return false;
}
