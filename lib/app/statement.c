/* statement.c - GET <face>/metadata: what a face serves
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/statement.h"

#include "app/document.h"
#include "app/endpoints.h"
#include "fhir/capability.h"
#include "fhir/search.h"

#define STATEMENT_BYTES_MAX ((size_t)256 * 1024)

/* [1] at a version's own face, [0] at the default one. Written once, before
 * threads start. */
static struct document statements[2][FHIR__MAX];

static bool
make(struct arena *a, const struct conf *conf, bool own, enum fhir_version v,
    struct err *e)
{
	const struct endpoints at = endpoints_of(a, conf);
	const struct capability facts = {
		.face_url = arena_printf(a, "%s%s", conf->public_base,
		    own ? version_face(v) : VERSION_FACE_DEFAULT),
		.token_url = at.token,
		.authorize_url = at.authorize,
		.publisher = conf->operator_name,
		.contact = conf->operator_contact,
		.software = WG_VERSION,
	};
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

bool
statement_get(struct work *w)
{
	enum fhir_version first = (enum fhir_version)w->conf->default_face;
	struct version_face face;
	struct str format;

	if (!version_of_path(&face, w->req->path, first))
		return err_set(&w->err, ERR_ADDRESS, NULL);
	if (!search_format(w->a, w->req->query, &format, &w->err) ||
	    !version_accepted(&face, w->req->accept, format, &w->err))
		return false;
	resp_header(w->resp, "Vary", "Accept");
	return document_serve(w, &statements[face.fixed][face.version]);
}
