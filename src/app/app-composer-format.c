/* SPDX-License-Identifier: MIT */
#include "app-composer-private.h"

#include <glib/gi18n.h>

/* Readable on white and on dark paper alike; the first takes the colour away. */
static const struct
{
  const char *value;
  const char *name;
} colours[] = {
  { "#000000", N_ ("Black") },  { "#77767b", N_ ("Grey") },  { "#c01c28", N_ ("Red") },
  { "#e66100", N_ ("Orange") }, { "#b5835a", N_ ("Brown") }, { "#26a269", N_ ("Green") },
  { "#2190a4", N_ ("Teal") },   { "#1c71d8", N_ ("Blue") },  { "#813d9c", N_ ("Purple") },
  { "#d5579f", N_ ("Pink") },
};

static const struct
{
  const char *action;
  const char *command;
  AppEditorState state;
} toggles[] = {
  { "bold", "Bold", APP_EDITOR_BOLD },
  { "italic", "Italic", APP_EDITOR_ITALIC },
  { "underline", "Underline", APP_EDITOR_UNDERLINE },
};

/* ---- actions ---- */

/* The state follows the editor, not the button. */
static void
on_toggle (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  AppComposer *self = user_data;
  const char *name = g_action_get_name (G_ACTION (action));

  for (gsize i = 0; i < G_N_ELEMENTS (toggles); i++)
    if (g_str_equal (name, toggles[i].action))
      app_editor_execute (self->editor, toggles[i].command, NULL);
}

static void
on_block (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_editor_execute (APP_COMPOSER (user_data)->editor, "FormatBlock",
                      g_variant_get_string (parameter, NULL));
}

static void
on_align (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autofree char *command = g_strconcat ("Justify", g_variant_get_string (parameter, NULL), NULL);

  app_editor_execute (APP_COMPOSER (user_data)->editor, command, NULL);
}

static void
on_colour (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppComposer *self = user_data;

  gtk_popover_popdown (self->colours);
  app_editor_execute (self->editor, "ForeColor", g_variant_get_string (parameter, NULL));
}

static void
on_bullets (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_editor_execute (APP_COMPOSER (user_data)->editor, "InsertUnorderedList", NULL);
}

static void
on_numbers (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_editor_execute (APP_COMPOSER (user_data)->editor, "InsertOrderedList", NULL);
}

static void
on_clear_formatting (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_editor_execute (APP_COMPOSER (user_data)->editor, "RemoveFormat", NULL);
}

static void
on_choose_link (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppComposer *self = user_data;

  gtk_menu_button_popup (self->link_button);
  gtk_widget_grab_focus (GTK_WIDGET (self->link));
}

static void
on_insert_link (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_editor_insert_link (APP_COMPOSER (user_data)->editor, g_variant_get_string (parameter, NULL));
}

static void
on_insert_image (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_composer_choose_image (user_data);
}

static const GActionEntry entries[] = {
  { .name = "bold", .state = "false", .change_state = on_toggle },
  { .name = "italic", .state = "false", .change_state = on_toggle },
  { .name = "underline", .state = "false", .change_state = on_toggle },
  { .name = "block", .activate = on_block, .parameter_type = "s" },
  { .name = "align", .activate = on_align, .parameter_type = "s" },
  { .name = "colour", .activate = on_colour, .parameter_type = "s" },
  { .name = "bullets", .activate = on_bullets },
  { .name = "numbers", .activate = on_numbers },
  { .name = "clear-formatting", .activate = on_clear_formatting },
  { .name = "choose-link", .activate = on_choose_link },
  { .name = "insert-link", .activate = on_insert_link, .parameter_type = "s" },
  { .name = "insert-image", .activate = on_insert_image },
};

/* ---- the toolbar ---- */

static void
draw_colour (GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer user_data)
{
  GdkRGBA colour;

  gdk_rgba_parse (&colour, user_data);
  gdk_cairo_set_source_rgba (cr, &colour);
  cairo_arc (cr, width / 2.0, height / 2.0, MIN (width, height) / 2.0, 0, 2 * G_PI);
  cairo_fill (cr);
}

static GtkWidget *
make_colour_button (gsize index)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *area = gtk_drawing_area_new ();

  gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (area), 20);
  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (area), 20);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (area), draw_colour,
                                  (gpointer) colours[index].value, NULL);
  gtk_button_set_child (GTK_BUTTON (button), area);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_set_tooltip_text (button, _ (colours[index].name));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ (colours[index].name), -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.colour");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", colours[index].value);
  return button;
}

void
app_composer_init_format (AppComposer *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  for (gsize i = 0; i < G_N_ELEMENTS (colours); i++)
    gtk_flow_box_append (self->colour_grid, make_colour_button (i));
}

void
app_composer_show_format (AppComposer *self)
{
  AppEditorState state = app_editor_get_state (self->editor);

  for (gsize i = 0; i < G_N_ELEMENTS (toggles); i++)
    {
      GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), toggles[i].action);
      g_simple_action_set_state (G_SIMPLE_ACTION (action),
                                 g_variant_new_boolean ((state & toggles[i].state) != 0));
    }
}

/* What is written without a scheme is meant for the web, or for a mailbox. */
void
app_composer_insert_link (AppComposer *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->link))));
  g_autofree char *scheme = g_uri_parse_scheme (text);
  g_autofree char *address = NULL;

  gtk_popover_popdown (self->link_popover);
  gtk_editable_set_text (GTK_EDITABLE (self->link), "");
  if (*text == '\0')
    return;
  address = g_strconcat (scheme ? "" : strchr (text, '@') ? "mailto:" : "https://", text, NULL);
  app_editor_insert_link (self->editor, address);
}
