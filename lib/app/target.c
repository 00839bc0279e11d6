/* target.c - a tenant's provider, as the directory has it and relay/ asks it
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/target.h"

struct upstream_target
target_of(const struct conf *conf, const struct guid *tenant,
    const struct directory_route *r)
{
	return (struct upstream_target){ .provider = *tenant,
		.revision = r->revision,
		.base_url = r->base_url,
		.credential = r->credential.line,
		.token = r->credential.token,
		.tls = r->credential.tls,
		.connect_ms = (unsigned)r->connect_ms,
		.total_ms = (unsigned)r->wait_ms,
		.calls_per_s = (unsigned)r->calls_per_s,
		.http2 = r->http2,
		.nets = r->nets,
		.nets_n = r->nets_n,
		.loopback_http = conf->provider_http == CONF_HTTP_LOOPBACK };
}
