#include <string.h>

#include <gmime/gmime.h>

#include "display_name.h"
#include "encoded_word.h"
#include "originators.h"
#include "second_reader.h"

static const char *
mailbox_addr(InternetAddress *address)
{
	if (!INTERNET_ADDRESS_IS_MAILBOX(address))
		return NULL;
	return internet_address_mailbox_get_addr(
	    INTERNET_ADDRESS_MAILBOX(address));
}

/* Does GMime find the same mailboxes in the same order?  It keeps every label
 * of a charset for ever: the unknown ones are not shown. */
static bool
gmime_agrees(const char *value)
{
	g_autofree char *shown = encoded_words_known(value);
	g_autoptr(GPtrArray) ours = address_list_parse(shown, strlen(shown));
	InternetAddressList *theirs = internet_address_list_parse(NULL, shown);
	bool same = ours != NULL && theirs != NULL &&
	    internet_address_list_length(theirs) == (int)ours->len;

	for (guint i = 0; same && i < ours->len; i++) {
		const char *addr = mailbox_addr(
		    internet_address_list_get_address(theirs, (int)i));
		g_autoptr(Address) read =
		    addr != NULL ? address_parse(addr, strlen(addr)) : NULL;

		same = read != NULL &&
		    address_equal(read, g_ptr_array_index(ours, i), false);
	}
	g_clear_object(&theirs);
	return same;
}

static const MimeField *
find_field(const MimeEntity *header, const char *name, guint *count)
{
	const MimeField *found = NULL;

	*count = 0;
	for (guint i = 0; i < header->fields->len; i++) {
		const MimeField *field =
		    &g_array_index(header->fields, MimeField, i);

		if (mime_field_is(header, field, name)) {
			found = field;
			(*count)++;
		}
	}
	return found;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Scripts write the bare addr-spec before the same in angle brackets, as a
 * phrase that is none.  Whichever of the two a reader takes, it is that one:
 * it is what is left of value.  Of any other value, all is. */
static void
drop_echo(char *value)
{
	const char *first = value, *end = value + strlen(value), *angle;
	gsize size;
	g_autoptr(Address) address = NULL;

	while (is_blank(*first))
		first++;
	while (end > first && is_blank(end[-1]))
		end--;
	size = strcspn(first, " \t\r\n<\"");
	angle = first + size;
	while (is_blank(*angle))
		angle++;
	if (*angle != '<' || (gsize)(end - angle) != size + 2 ||
	    end[-1] != '>' || strncmp(angle + 1, first, size) != 0)
		return;
	address = address_parse(first, size);
	if (address != NULL)
		*strchr(value, '<') = '\0';
}

GPtrArray *
originators_read(const char *value, gsize size)
{
	g_autoptr(GPtrArray) mailboxes = NULL;
	g_autofree char *text = NULL;

	if (size > ORIGINATORS_MAX_SIZE)
		return NULL;
	text = g_strndup(value, size);
	if (strlen(text) != size)
		return NULL;
	drop_echo(text);
	mailboxes = address_list_parse(text, strlen(text));
	if (mailboxes == NULL)
		return NULL;
	second_reader_start();
	if (!encoded_words_are_few(text) || !gmime_agrees(text))
		return NULL;
	return g_steal_pointer(&mailboxes);
}

GPtrArray *
originators_parse(const MimeEntity *header, const char *name, guint *fields)
{
	const MimeField *found = find_field(header, name, fields);

	return *fields == 1 ?
	    originators_read(header->base + found->value.start,
		mime_range_size(found->value)) :
	    NULL;
}

char *
originators_from(const MimeEntity *header)
{
	guint count;
	const MimeField *from = find_field(header, "From", &count);
	g_autofree char *value = NULL;

	if (count != 1 || mime_range_size(from->value) > ORIGINATORS_MAX_SIZE)
		return NULL;
	value = g_strndup(
	    header->base + from->value.start, mime_range_size(from->value));
	return strlen(value) == mime_range_size(from->value) ?
	    g_steal_pointer(&value) :
	    NULL;
}

/* Strangers write From in many ways that leave their authors unsure; and where
 * these are sure, many names have that of a domain in them. */
bool
originators_might_be_of(
    const char *from, const GPtrArray *authors, const char *const *domains)
{
	if (domains[0] == NULL)
		return false;
	if (from == NULL)
		return true;
	return authors != NULL ?
	    display_name_misleads_to(from, authors, domains) :
	    display_name_shows_domain(from, domains);
}

bool
originators_mislead(const MimeEntity *header, const GPtrArray *authors)
{
	g_autofree char *value = originators_from(header);

	return value == NULL || display_name_misleads(value, authors);
}
