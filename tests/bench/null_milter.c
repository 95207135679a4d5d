/*
 * null_milter - a milter that takes all of each mail and does nothing with it:
 * what libmilter and its protocol cost by themselves.
 *
 *	null_milter SOCKET
 *
 * It negotiates what costs it least: no answers before the end of a message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include <libmilter/mfapi.h>

#define WANTED_STEPS \
	(SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NOUNKNOWN | \
	    SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_HDR | SMFIP_NR_EOH | \
	    SMFIP_NR_BODY | SMFIP_HDR_LEADSPC)

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long f2, unsigned long f3, unsigned long *wanted_actions,
    unsigned long *wanted_steps, unsigned long *out2, unsigned long *out3)
{
	(void)f2;
	(void)f3;
	*wanted_actions = actions & SMFIF_SETSYMLIST;
	if (*wanted_actions != 0)
		smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
	*wanted_steps = steps & WANTED_STEPS;
	*out2 = *out3 = 0;
	return *wanted_steps == WANTED_STEPS ? SMFIS_CONTINUE : SMFIS_REJECT;
}

static sfsistat
on_mail(SMFICTX *ctx, char **arguments)
{
	(void)ctx;
	(void)arguments;
	return SMFIS_NOREPLY;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return SMFIS_NOREPLY;
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_ACCEPT;
}

int
main(int argc, char **argv)
{
	struct smfiDesc filter = {
		.xxfi_name = (char *)"null_milter",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_SETSYMLIST,
		.xxfi_envfrom = on_mail,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_negotiate = on_negotiate,
	};

	if (argc != 2) {
		fprintf(stderr, "usage: null_milter SOCKET\n");
		return EX_USAGE;
	}
	if (smfi_setconn(argv[1]) == MI_FAILURE ||
	    smfi_register(filter) == MI_FAILURE ||
	    smfi_opensocket(1) == MI_FAILURE)
		return EX_UNAVAILABLE;
	return smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EX_UNAVAILABLE;
}
