/* statement.c - GET <face>/metadata: what a face serves
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/statement.h"

#include "app/document.h"
#include "app/endpoints.h"
#include "app/truth.h"
#include "fhir/capability.h"
#include "fhir/search.h"
#include "fhir/way.h"

#define STATEMENT_BYTES_MAX ((size_t)256 * 1024)

/* [1] at a version's own face, [0] at the default one. Written once, before
 * threads start. */
static struct document statements[2][FHIR__MAX];

static struct capability
facts_of(
    struct arena *a, const struct conf *conf, bool own, enum fhir_version v)
{
	const struct endpoints at = endpoints_of(a, conf);

	return (struct capability){
		.face_url = arena_printf(a, "%s%s", conf->public_base,
		    own ? version_face(v) : VERSION_FACE_DEFAULT),
		.token_url = at.token,
		.authorize_url = at.authorize,
		.publisher = conf->operator_name,
		.contact = conf->operator_contact,
		.software = WG_VERSION,
	};
}

static bool
make(struct arena *a, const struct conf *conf, bool own, enum fhir_version v,
    struct err *e)
{
	const struct capability facts = facts_of(a, conf, own, v);
	struct buf b = buf_new(a, STATEMENT_BYTES_MAX);

	capability_write(&b, v, &facts);
	return document_make(&statements[own][v], a, version_mime(v), &b, e);
}

bool
statement_start(struct arena *a, const struct conf *conf, struct err *e)
{
	for (int v = 0; v < FHIR__MAX; v++)
		if (!make(a, conf, true, (enum fhir_version)v, e) ||
		    !make(a, conf, false, (enum fhir_version)v, e))
			return false;
	return true;
}

/* Bits 1u << enum iface_type of what may not be done to. */
static unsigned
left_out(uint32_t may, enum iface_action action)
{
	unsigned out = 0;

	for (int t = 0; t < IFACE__MAX; t++)
		if (!(may & SCOPE_BIT(t, action)))
			out |= 1u << t;
	return out;
}

/* For one caller alone: nobody keeps it. */
static bool
tell_truth(
    struct work *w, const struct version_face *face, const struct truth *truth)
{
	const struct way_ask ask = { .face = face->version,
		.can = &truth->can,
		.tenant = truth->tenant,
		.own_face = arena_printf(w->a, "%s%s", w->conf->public_base,
		    version_face(truth->can.version)),
		.links = truth->links,
		.extensions = truth->extensions,
		.mrn_system = truth->mrn_system,
		.left_out = { [IFACE_READ] = left_out(truth->may, IFACE_READ),
		    [IFACE_SEARCH] = left_out(truth->may, IFACE_SEARCH) },
		.pages = (unsigned)w->conf->pages_walked };
	struct capability facts =
	    facts_of(w->a, w->conf, face->fixed, face->version);
	struct buf b = buf_new(w->a, STATEMENT_BYTES_MAX);

	facts.truth = way_tell(w->a, &ask);
	capability_write(&b, face->version, &facts);
	if (b.failed)
		return err_why(&w->err, ERR_BROKEN, "a statement is too large");
	resp_header(w->resp, "Cache-Control", "no-store");
	w->resp->type = version_mime(face->version);
	w->resp->body = (struct str){ b.at, b.len };
	return true;
}

bool
statement_get(struct work *w)
{
	enum fhir_version first = (enum fhir_version)w->conf->default_face;
	struct version_face face;
	const struct truth *truth;
	struct str format;

	if (!version_of_path(&face, w->req->path, first))
		return err_set(&w->err, ERR_ADDRESS, NULL);
	if (!search_format(w->a, w->req->query, &format, &w->err) ||
	    !version_accepted(&face, w->req->accept, format, &w->err))
		return false;
	resp_header(w->resp, "Vary", "Accept, Authorization");
	if ((truth = truth_find(w)))
		return tell_truth(w, &face, truth);
	return document_serve(w, &statements[face.fixed][face.version]);
}
