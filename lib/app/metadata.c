/* metadata.c - the life of the program that answers without a token
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/metadata.h"

#include "app/health.h"
#include "app/jwks.h"
#include "app/metrics.h"
#include "app/provider_jwks.h"
#include "app/statement.h"
#include "app/truth.h"
#include "app/wellknown.h"
#include "fhir/version.h"

bool
metadata_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e)
{
	(void)cgi; /* the diagnostic mode needs nothing else */
	if (!statement_start(a, conf, e) || !truth_start(a, conf, e) ||
	    !wellknown_start(a, conf, e) || !health_start(conf, e) ||
	    !metrics_start(conf, e))
		return false;
	jwks_start(conf);
	return true;
}

void
metadata_stop(void)
{
	jwks_stop();
	provider_jwks_stop();
	truth_stop();
	health_stop();
	metrics_stop();
}

void
metadata_begin(struct work *w)
{
	enum fhir_version first = (enum fhir_version)w->conf->default_face;
	struct version_face face;

	if (version_of_path(&face, w->req->path, first))
		w->face = (enum fail_face)(FAIL_DSTU2 + face.version);
	else if (str_starts(w->req->path, "/oauth2/"))
		w->face = FAIL_OAUTH;
}
