/* wellknown.c - what OAuth clients may find out by themselves
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/wellknown.h"

#include <string.h>

#include "app/document.h"
#include "app/endpoints.h"
#include "fhir/iface.h"

#define WELLKNOWN_BYTES_MAX ((size_t)16 * 1024)
#define AUTH_METHODS        "client_secret_post client_secret_basic private_key_jwt"
#define AUTH_ALGS           "RS256 RS384 PS256 ES256 ES384"

/* Written once, before threads start. */
static struct document server, smart;

static void
text(struct buf *b, const char *name, const char *value)
{
	if (b->len > 1)
		buf_char(b, ',');
	buf_fmt(b, "\"%s\":", name);
	buf_json(b, value, strlen(value));
}

/* words: blank-separated; "" is an empty list */
static void
list(struct buf *b, const char *name, const char *words)
{
	struct str rest = str_of(words);
	const char *before = "";

	buf_fmt(b, ",\"%s\":[", name);
	while (rest.len) {
		struct str word = str_cut(rest, ' ', &rest);

		buf_str(b, before);
		buf_json(b, word.at, word.len);
		before = ",";
	}
	buf_char(b, ']');
}

/* Where clients authenticate, in the same ways. */
static const char *const authenticated[] = { "token_endpoint",
	"introspection_endpoint", "revocation_endpoint" };

/* The tenant ID, which has to stand beside them, is not listed. */
static void
scopes(struct buf *b, struct arena *a)
{
	const char *words = "system/*.read system/*.rs";

	for (int t = 0; t < IFACE__MAX; t++) {
		const char *name = iface_name((enum iface_type)t, FHIR_R4);

		words = arena_printf(
		    a, "%s system/%s.read system/%s.rs", words, name, name);
	}
	list(b, "scopes_supported", words);
}

/* What both documents say. RFC 8414 demands response_types_supported; there
 * are none, for nobody signs in here. */
static void
common(struct buf *b, struct arena *a, const struct endpoints *at)
{
	text(b, "issuer", at->issuer);
	text(b, "token_endpoint", at->token);
	text(b, "authorization_endpoint", at->authorize);
	text(b, "jwks_uri", at->jwks);
	text(b, "introspection_endpoint", at->introspect);
	text(b, "revocation_endpoint", at->revoke);
	list(b, "grant_types_supported", "client_credentials");
	list(b, "response_types_supported", "");
	for (size_t i = 0; i < COUNT(authenticated); i++) {
		list(b,
		    arena_printf(
			b->a, "%s_auth_methods_supported", authenticated[i]),
		    AUTH_METHODS);
		list(b,
		    arena_printf(b->a, "%s_auth_signing_alg_values_supported",
			authenticated[i]),
		    AUTH_ALGS);
	}
	scopes(b, a);
}

static bool
make(struct document *d, struct arena *a, const struct endpoints *at,
    const char *capabilities, struct err *e)
{
	struct buf b = buf_new(a, WELLKNOWN_BYTES_MAX);

	buf_char(&b, '{');
	common(&b, a, at);
	if (capabilities)
		list(&b, "capabilities", capabilities);
	buf_char(&b, '}');
	return document_make(d, a, "application/json", &b, e);
}

bool
wellknown_start(struct arena *a, const struct conf *conf, struct err *e)
{
	const struct endpoints at = endpoints_of(a, conf);

	return make(&server, a, &at, NULL, e) &&
	       make(&smart, a, &at,
		   "client-confidential-symmetric "
		   "client-confidential-asymmetric permission-v1 "
		   "permission-v2",
		   e);
}

bool
wellknown_server(struct work *w)
{
	return document_serve(w, &server);
}

bool
wellknown_smart(struct work *w)
{
	return document_serve(w, &smart);
}
