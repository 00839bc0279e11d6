/* facade_read.c - GET Type/id: one record, by its id
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_fill.h"
#include "app/facade_tag.h"
#include "app/visit.h"

/* What the provider sent must be what was asked for. */
static bool
same_record(struct visit *v, struct tree_node *root)
{
	struct err *e = &v->w->err;

	if (!str_eq(tree_str(root, "resourceType"), v->type_name))
		return err_why(
		    e, ERR_UPSTREAM_BAD, "another resource type was sent");
	if (!str_eq(tree_str(root, "id"), v->id))
		return err_why(e, ERR_UPSTREAM_BAD, "another id was sent");
	return true;
}

static bool
header_plain(struct str s)
{
	return s.len && s.len < 256 && str_plain(s);
}

/* The ETag carries the version id (FHIR http, "version aware") behind the mark
 * of this hospital. */
static const char *
put_validators(struct visit *v, const struct upstream_answer *answer,
    struct str mark, struct tree_node *root)
{
	struct resp *r = v->w->resp;
	struct str version = tree_str(tree_at(root, NAME_meta), "versionId");
	struct str etag = answer->etag;
	const char *ours;

	if (!etag.at && iface_id(version))
		etag = str_of(
		    arena_printf(v->w->a, "W/\"%.*s\"", STR_FMT(version)));
	ours = tag_outward(v->w->a, mark, etag);
	resp_header(r, "ETag", ours);
	if (header_plain(answer->last_modified))
		resp_header(r, "Last-Modified",
		    str_text(v->w->a, answer->last_modified));
	return ours;
}

static bool
unchanged(struct visit *v)
{
	v->w->resp->status = 304;
	return true;
}

bool
visit_read(struct visit *v)
{
	struct work *w = v->w;
	struct upstream_ask ask = { .method = UPSTREAM_GET };
	const struct upstream_answer *answer;
	struct str mark =
	    tag_mark(w->a, &v->claims->tenant, v->to.revision, v->face.version);
	/* The hospital's 304 would not say whose record somebody was told of:
	 * then it is asked for whole, and compared here. */
	bool whole = iface_resource(v->type)->clinical;
	struct tree_node *root;
	const char *etag;

	v->row->interaction = STR("read");
	v->row->id = v->id;
	if (v->type == IFACE_PATIENT)
		v->row->patient = v->id;
	ask.path = str_of(arena_printf(
	    w->a, "%.*s/%.*s", STR_FMT(visit_their_type(v)), STR_FMT(v->id)));
	if (!whole)
		ask.if_none_match =
		    tag_inward(w->a, mark, w->req->if_none_match);
	if (!(answer = visit_call(v, &ask, &root, &w->err)))
		return false;
	etag = put_validators(v, answer, mark, root);
	if (!root)
		return unchanged(v);
	if (!same_record(v, root))
		return false;
	v->row->patient = v->whom;
	if (whole && tag_meets(w->req->if_none_match, etag))
		return unchanged(v);
	v->row->returned = 1;
	fill_displays(v, root, NULL, NULL);
	links_rewrite(&v->links, w->a, root);
	return visit_answer(v, root);
}
