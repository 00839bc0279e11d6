/* wardgate.c - the operator's command
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads   what the verb needs: settings; a filled-in script; pepper and key folders for secrets
 *         and keys; migration files; a credential on standard input; to
 *         probe, the sealing keys
 * Asks    the database in one role per verb: sql/prepare/wardgate.sql as
 *         wg_operator or wg_auditor, keeper.sql as wg_keeper, probe.sql as
 *         wg_facade, migrate.sql as the owner
 * Speaks  terminal text, or JSON with --json */
#include "app/cmd_account.h"
#include "app/cmd_audit.h"
#include "app/cmd_client.h"
#include "app/cmd_doctor.h"
#include "app/cmd_jwks.h"
#include "app/cmd_keep.h"
#include "app/cmd_key.h"
#include "app/cmd_key_cursor.h"
#include "app/cmd_key_pepper.h"
#include "app/cmd_key_provider.h"
#include "app/cmd_key_seal.h"
#include "app/cmd_key_stage.h"
#include "app/cmd_loss.h"
#include "app/cmd_migrate.h"
#include "app/cmd_onboard.h"
#include "app/cmd_probe.h"
#include "app/cmd_revoke.h"
#include "app/cmd_seal.h"
#include "app/cmd_secret.h"
#include "app/cmd_tenant.h"
#include "app/cmd_why.h"
#include "app/command.h"

/* clang-format off */
static const struct command_verb verbs[] = {
	{ "migrate status", migrate_status, AS_OWNER, "[--dir DIR]",
	  "which migrations are applied, which are not" },
	{ "migrate apply", migrate_apply, AS_OWNER, "[--dir DIR]",
	  "apply what is missing, each in one transaction" },
	{ "migrate verify", migrate_verify, AS_OWNER, "[--dir DIR]",
	  "are the applied files the ones that are here?" },
	{ "client add", client_add, AS_OPERATOR,
	  "[--id GUID] [--purpose TEXT] [--contact TEXT] [--tenant GUID,...] NAME",
	  "register an app, and let it ask for tenants" },
	{ "client list", client_list, AS_OPERATOR, "",
	  "all apps" },
	{ "client disable", client_disable, AS_OPERATOR, "CLIENT",
	  "no tokens for this app, and those it has count for nothing" },
	{ "client enable", client_enable, AS_OPERATOR, "CLIENT",
	  "let it work again" },
	{ "client secret add", client_secret_add, AS_OPERATOR,
	  "[--label TEXT] [--days N | --no-expiry] [--start TIME] CLIENT",
	  "make a secret and show it, this once" },
	{ "client secret list", client_secret_list, AS_OPERATOR, "CLIENT",
	  "its secrets, their states and last uses" },
	{ "client secret invalidate", client_secret_invalidate, AS_OPERATOR,
	  "CLIENT KEYID", "end a secret and the tokens issued for it" },
	{ "client jwks", client_jwks, AS_OPERATOR,
	  "[--file FILE | --url URL | --none] CLIENT",
	  "set its public keys, take them away, or show them" },
	{ "client grant", client_grant, AS_OPERATOR,
	  "[--until TIME] [--types LIST] [--purpose TEXT] CLIENT TENANT", "let an app ask for a tenant" },
	{ "client ungrant", client_ungrant, AS_OPERATOR, "CLIENT TENANT",
	  "end that, and the tokens issued for it" },
	{ "client grants", client_grants, AS_OPERATOR, "[--tenant GUID] [CLIENT]",
	  "which app may ask for which tenant" },
	{ "tenant list", tenant_list, AS_OPERATOR, "",
	  "all hospitals, their states and servers" },
	{ "tenant plan", tenant_plan, AS_OPERATOR, "FILE",
	  "what a filled-in tenant.sql or remove.sql would change" },
	{ "tenant apply", tenant_apply, AS_OPERATOR, "[--plan DIGEST] FILE",
	  "do it, and make the key that a hospital's server wants" },
	{ "tenant environment", tenant_environment, AS_OPERATOR,
	  "[--override TEXT] TENANT <production|test>",
	  "put a hospital into production, if a probe found it usable" },
	{ "tenant suspend", tenant_suspend, AS_OPERATOR, "TENANT",
	  "no tokens for a hospital, and those there are count for nothing" },
	{ "tenant maintenance", tenant_maintenance, AS_OPERATOR,
	  "--notice TEXT [--until TIME] [--retry-after SECONDS] TENANT",
	  "a notice instead of its records" },
	{ "tenant resume", tenant_resume, AS_OPERATOR, "TENANT",
	  "end either" },
	{ "tenant networks", tenant_networks, AS_OPERATOR, "TENANT NETWORKS",
	  "list the private networks in which its server may be" },
	{ "revoke token", revoke_token, AS_OPERATOR,
	  "[--why TEXT] [--dry-run] JTI", "end one token" },
	{ "revoke secret", revoke_secret, AS_OPERATOR,
	  "[--why TEXT] [--dry-run] CLIENT KEYID",
	  "end the tokens issued so far for a secret, which goes on" },
	{ "revoke client", revoke_client, AS_OPERATOR,
	  "[--why TEXT] [--dry-run] CLIENT", "end those of an app" },
	{ "revoke grant", revoke_grant, AS_OPERATOR,
	  "[--why TEXT] [--dry-run] CLIENT TENANT",
	  "end those of an app for a tenant" },
	{ "revoke tenant", revoke_tenant, AS_OPERATOR,
	  "[--why TEXT] [--dry-run] TENANT", "end those for a tenant" },
	{ "revoke all", revoke_all, AS_OPERATOR,
	  "[--why TEXT] --dry-run | --yes", "end every token" },
	{ "revoke list", revoke_list, AS_OPERATOR, "",
	  "what was revoked and still bears on tokens" },
	{ "key make signing", key_make_signing, AS_OPERATOR, "",
	  "make a key pair for access tokens and register it" },
	{ "key rotate", key_rotate, AS_OPERATOR, "",
	  "the next step to another signing key, and what comes then" },
	{ "key use", key_use, AS_OPERATOR, "[--now] KID",
	  "let a published key sign; the former one is retired" },
	{ "key withdraw", key_withdraw, AS_OPERATOR, "KID",
	  "end a key and all tokens it signed, at once" },
	{ "key use pepper", key_use_pepper, AS_OPERATOR, "VERSION",
	  "store secrets under it, each when it is next used" },
	{ "key remove pepper", key_remove_pepper, AS_OPERATOR, "VERSION",
	  "remove a pepper that no secret needs" },
	{ "key status", key_status, AS_OPERATOR, "",
	  "peppers, and how many secrets need each" },
	{ "key make pepper", key_make_pepper, AS_NOBODY, "",
	  "make the next version of the pepper" },
	{ "key make cursor", key_make_cursor, AS_NOBODY, "",
	  "make the key of page cursors" },
	{ "key make portal", key_make_portal, AS_NOBODY, "",
	  "make the key of the portal" },
	{ "key rotate cursor", key_rotate_cursor, AS_NOBODY, "",
	  "the next step to another key of page cursors" },
	{ "key make seal", key_make_seal, AS_OPERATOR, "",
	  "make a key that credentials are sealed to, and register it" },
	{ "key rotate seal", key_rotate_seal, AS_OPERATOR, "",
	  "the next step to another one, and what comes then" },
	{ "key use seal", key_use_seal, AS_OPERATOR, "KID",
	  "seal to a published key; the former one is retired" },
	{ "key reseal", key_reseal, AS_OPERATOR, "",
	  "seal every credential to the key in use" },
	{ "key remove seal", key_remove_seal, AS_OPERATOR, "KID",
	  "end a key that no credential is sealed to" },
	{ "key make provider", key_make_provider, AS_OPERATOR,
	  "[--alg RS384 | ES384] TENANT",
	  "make a key that signs for tokens of a hospital's server" },
	{ "key list provider", key_list_provider, AS_OPERATOR, "TENANT",
	  "a hospital's keys, and where it fetches them" },
	{ "key rotate provider", key_rotate_provider, AS_OPERATOR, "TENANT",
	  "the next step to another one" },
	{ "key use provider", key_use_provider, AS_OPERATOR,
	  "[--now] TENANT KID",
	  "sign with a published key; the former one is retired" },
	{ "key remove provider", key_remove_provider, AS_OPERATOR,
	  "TENANT KID", "publish a key no more" },
	{ "key list", key_list, AS_OPERATOR, "",
	  "keys, their stages and files" },
	{ "seal", seal_tell, AS_OPERATOR,
	  "--basic | --header | --oauth --token-url URL | --certificate-key [--url URL] TENANT",
	  "seal what a hospital's server wants to see, for the facade alone" },
	{ "account add", account_add, AS_OPERATOR,
	  "[--name TEXT] [--phone] --roles LIST LOGIN",
	  "make an account; its passphrase is read from standard input" },
	{ "account invite", account_invite_tell, AS_OPERATOR,
	  "[--name TEXT] --roles LIST",
	  "make a link by which somebody sets up an account" },
	{ "account reset", account_reset, AS_OPERATOR, "[--no-phone] LOGIN",
	  "make a link for another passphrase; forget a lost phone" },
	{ "account list", account_list_tell, AS_OPERATOR, "",
	  "who may sign in to the portal" },
	{ "account disable", account_disable, AS_OPERATOR, "LOGIN",
	  "sign it out, and let nobody sign in with it" },
	{ "account enable", account_enable, AS_OPERATOR, "LOGIN",
	  "let it work again" },
	{ "keep", keep, AS_KEEPER, "[--once] [--every SECONDS]",
	  "make audit partitions, clear what is old, sum up uses" },
	{ "probe last", probe_last, AS_OPERATOR, "[TENANT]",
	  "what the newest probe of a hospital found, or of each" },
	{ "probe", probe_ask, AS_PROBE,
	  "[--patient ID | --no-patient] [--within SECONDS] TENANT | --all",
	  "ask a hospital's server each call of the contract, and say what works" },
	{ "loss", loss_tell, AS_OPERATOR, "[TENANT]",
	  "what conversion between FHIR versions could not carry" },
	{ "doctor", doctor_tell, AS_OPERATOR, "[--sockets DIR] [--offline]",
	  "find the classic faults, and what to do about them" },
	{ "why", why_tell, AS_AUDITOR, "TRACE",
	  "what became of a request, and what to do about it" },
	{ "audit tail", audit_tail, AS_AUDITOR,
	  "[-n COUNT] [--follow] [--tenant GUID] [--trace ID]",
	  "the newest audit rows" },
};
/* clang-format on */

int
main(int argc, char **argv)
{
	return command_main(verbs, COUNT(verbs), argc, argv);
}
