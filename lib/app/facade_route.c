/* facade_route.c - what is asked for, and in which form
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/visit.h"
#include "fhir/search.h"
#include "gate/meter.h"

/* The tenant comes from the token alone: whoever names another one elsewhere
 * is told so, whoever names the same is not helped by it. */
static bool
names_other(const struct visit *v, struct str text)
{
	struct guid named;

	return guid_read(&named, text) && !guid_eq(&named, &v->claims->tenant);
}

static bool
no_other_tenant(struct visit *v)
{
	struct str rest = v->face.rest, first;

	if (rest.len)
		rest = (struct str){ rest.at + 1, rest.len - 1 };
	first = str_cut(rest, '/', &rest);
	if (names_other(v, first) ||
	    (v->w->req->tenant_header.at &&
		(names_other(v, v->w->req->tenant_header) ||
		    v->w->req->tenant_header.len != GUID_LEN)))
		return err_set(&v->w->err, ERR_TENANT_OTHER, NULL);
	return true;
}

static bool
is_read(const struct req *r)
{
	return r->method == REQ_GET || r->method == REQ_HEAD;
}

static bool
refuse_interaction(struct visit *v, const char *allow)
{
	v->w->allow = allow;
	return err_set(&v->w->err, ERR_INTERACTION, NULL);
}

/* /Type/id and /Type/_search. */
static bool
find_second(struct visit *v, struct str second)
{
	struct work *w = v->w;

	if (str_is(second, "_search")) {
		v->posted = true;
		return w->req->method == REQ_POST ||
		       refuse_interaction(v, "POST");
	}
	if (second.len && (second.at[0] == '_' || second.at[0] == '$'))
		return refuse_interaction(v, "GET, HEAD, POST");
	if (!iface_id(second))
		return err_set(&w->err, ERR_ID, NULL);
	v->id = second;
	return is_read(w->req) || refuse_interaction(v, "GET, HEAD");
}

static bool
find_interaction(struct visit *v)
{
	struct work *w = v->w;
	struct str rest = v->face.rest, type, second;

	if (!rest.len || str_is(rest, "/")) {
		if (w->req->method != REQ_POST)
			return refuse_interaction(v, "GET, HEAD, POST");
		v->batch = true;
		v->row->interaction = STR("batch");
		return true;
	}
	type = str_cut((struct str){ rest.at + 1, rest.len - 1 }, '/', &rest);
	second = rest.at ? str_cut(rest, '/', &rest) : STR_NONE;
	if (type.len && (type.at[0] == '_' || type.at[0] == '$'))
		return refuse_interaction(v, "GET, HEAD");
	if (!iface_named(&v->type, v->face.version, type))
		return err_set(&w->err, ERR_TYPE, NULL);
	v->type_name = str_of(iface_name(v->type, v->face.version));
	v->row->type = v->type_name;
	if (second.at && rest.at) /* _history, operations, compartments */
		return refuse_interaction(v, "GET, HEAD");
	if (second.at)
		return find_second(v, second);
	return is_read(w->req) || refuse_interaction(v, "GET, HEAD");
}

bool
visit_route(struct visit *v)
{
	return no_other_tenant(v) && find_interaction(v);
}

/* Query and form both count; that they agree is for fhir/search to see. */
static bool
find_format(struct visit *v, struct str *format)
{
	struct work *w = v->w;
	struct str posted;

	if (!search_format(w->a, w->req->query, format, &w->err) ||
	    !search_format(w->a, v->form, &posted, &w->err))
		return false;
	if (!format->len)
		*format = posted;
	return true;
}

bool
visit_accepts(struct visit *v)
{
	struct work *w = v->w;
	enum fhir_version was = v->face.version;
	struct str format;

	if (!find_format(v, &format) ||
	    !version_accepted(&v->face, w->req->accept, format, &w->err))
		return false;
	if (v->face.version == was)
		return true;
	/* Accept or _format chose the version of the default face */
	w->face = (enum fail_face)(FAIL_DSTU2 + v->face.version);
	v->row->face = str_of(version_name(v->face.version));
	return find_interaction(v);
}

static bool
covered(const struct visit *v, uint32_t may)
{
	return may & SCOPE_BIT(v->type, v->id.at ? IFACE_READ : IFACE_SEARCH);
}

/* What the token was asked for does not change; what the grant covers may have
 * changed since it was read. */
static bool
granted(struct visit *v)
{
	struct work *w = v->w;
	const struct directory_route *r;

	if (v->batch)
		return true; /* of its entries each for itself */
	if (!covered(v, v->claims->scope.may))
		return err_set(&w->err, ERR_TYPE_GRANTED, NULL);
	if (covered(v, v->route->may))
		return true;
	r = directory_route(v->facade->gateway->directory, w->a,
	    &v->claims->client, &v->claims->tenant, DIRECTORY_FRESH, &w->err);
	return r && (covered(v, r->may) ||
			err_set(&w->err, ERR_TYPE_GRANTED,
			    "This client may not read %.*s of this hospital.",
			    STR_FMT(v->type_name)));
}

static void
note_losses(struct visit *v)
{
	const struct convert_loss *x;
	uint64_t n = 0;

	loss_note_all(v->facade->loss, &v->claims->tenant, &v->losses);
	for (x = v->losses.first; x; x = x->next)
		n += x->times;
	meter_losses(v->to.cell, n);
}

static bool
run(struct visit *v)
{
	return v->batch   ? visit_batch(v)
	       : v->id.at ? visit_read(v)
	                  : visit_search(v);
}

bool
visit_answers(struct visit *v)
{
	bool fine = granted(v) && run(v);

	/* of a batch each entry has its own */
	if (fine)
		note_losses(v);
	return fine;
}
