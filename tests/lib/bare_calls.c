#include <string.h>

#include "bare_wire.h"
#include "harness.h"

static const char *const service_names[] = {
    "GetInfo",          "GetInterfaceDescription", "InterfaceNotFound", "MethodNotFound",
    "InvalidParameter", "MethodNotImplemented",    "PermissionDenied",  "ExpectedMore",
};

static const char *const admin_names[] = {"Checkpoint", "CheckIntegrity"};

static bool name_among(const char *name, const char *const names[], size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

const char *wire_name(const char *name)
{
    if (strchr(name, '.'))
        return name;
    if (name_among(name, service_names, sizeof(service_names) / sizeof(*service_names)))
        return harness_text("org.varlink.service.%s", name);
    if (name_among(name, admin_names, sizeof(admin_names) / sizeof(*admin_names)))
        return harness_text("dev.historyd.admin.%s", name);
    return harness_text("dev.historyd.history.%s", name);
}

static void call_send(struct wire *wire, const char *method, const char *flags,
                      const char *parameters)
{
    bool sent;

    sent = wire_send_text(wire, "{'method':'%s'%s%s%s%s}", wire_name(method),
                          parameters ? ",\"parameters\":" : "", parameters ? parameters : "",
                          flags ? "," : "", flags ? flags : "");
    ck_assert_msg(sent, "historyd closed the connection before %s", method);
}

void wire_start(struct wire *wire, const char *method, const char *flags, const char *parameters)
{
    call_send(wire, method, flags ? harness_quote(flags) : NULL,
              parameters ? harness_quote(parameters) : NULL);
}

static void json_release(void *object)
{
    cJSON_Delete(object);
}

cJSON *wire_reply(struct wire *wire)
{
    const char *message = wire_receive(wire, NULL);
    cJSON *reply;

    if (!message)
        return NULL;
    reply = cJSON_Parse(message);
    ck_assert_msg(reply != NULL, "not JSON: %.500s", message);
    return harness_keep(reply, json_release);
}

/* The reply's parameters; `error` NULL: it must be no error. */
static cJSON *wire_outcome(struct wire *wire, const char *call, const char *error)
{
    cJSON *reply = wire_reply(wire);
    cJSON *parameters;
    const char *name;

    ck_assert_msg(reply != NULL, "%s: the connection ended instead of a reply", call);
    name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(reply, "error"));
    parameters = cJSON_GetObjectItemCaseSensitive(reply, "parameters");
    if (!error)
        ck_assert_msg(name == NULL, "%s: %s", call, cJSON_PrintUnformatted(reply));
    else
        ck_assert_msg(name && strcmp(name, wire_name(error)) == 0, "%s: not %s but %s", call, error,
                      cJSON_PrintUnformatted(reply));
    ck_assert_msg(cJSON_IsObject(parameters), "%s: no parameters: %s", call,
                  cJSON_PrintUnformatted(reply));
    return parameters;
}

cJSON *wire_result(struct wire *wire)
{
    return wire_outcome(wire, "a call", NULL);
}

cJSON *wire_error(struct wire *wire, const char *error)
{
    return wire_outcome(wire, "a call", error);
}

cJSON *wire_call(struct wire *wire, const char *method, const char *format, ...)
{
    va_list arguments;
    const char *parameters = NULL;

    if (format) {
        va_start(arguments, format);
        parameters = harness_vtext(format, arguments);
        va_end(arguments);
    }
    call_send(wire, method, NULL, parameters);
    return wire_outcome(wire, harness_text("%s(%.300s)", method, parameters ? parameters : ""),
                        NULL);
}

cJSON *wire_call_error(struct wire *wire, const char *error, const char *method, const char *format,
                       ...)
{
    va_list arguments;
    const char *parameters = NULL;

    if (format) {
        va_start(arguments, format);
        parameters = harness_vtext(format, arguments);
        va_end(arguments);
    }
    call_send(wire, method, NULL, parameters);
    return wire_outcome(wire, harness_text("%s(%.300s)", method, parameters ? parameters : ""),
                        error);
}
