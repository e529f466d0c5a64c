using System.Text.Json.Nodes;

namespace Osmo.KubeSim.Api;

/// <summary>The failures an API server answers with, worded as it words them.</summary>
internal static class Failures
{
    private const string TooLarge = "Too large resource version";

    public static ApiException NotFound(string resource, string name, string? group = null) => new(new StatusBody(404, "NotFound",
        $"{(group is null ? resource : resource + "." + group)} \"{name}\" not found")
    { Details = Details(name, resource, group) });

    public static ApiException NoSuchPath() => new(new StatusBody(404, "NotFound", "the server could not find the requested resource")
    {
        Details = [],
    });

    public static ApiException MethodNotAllowed() => new(new StatusBody(405, "MethodNotAllowed",
        "the server does not allow this method on the requested resource")
    { Details = [] });

    public static ApiException Unauthorized() => new(new StatusBody(401, "Unauthorized", "Unauthorized"));

    public static ApiException Forbidden(string user, string verb, string resource, string? subresource, string? name, string? ns = null)
    {
        var where = ns is null ? "at the cluster scope" : $"in the namespace \"{ns}\"";
        var subject = name is null ? resource : $"{resource} \"{name}\"";
        var target = subresource is null ? resource : $"{resource}/{subresource}";
        return new(new StatusBody(403, "Forbidden",
            $"{subject} is forbidden: User \"{user}\" cannot {verb} resource \"{target}\" in API group \"\" {where}")
        {
            Details = name is null ? new() { ["kind"] = resource } : Details(name, resource),
        });
    }

    public static ApiException AlreadyExists(string name) => new(new StatusBody(409, "AlreadyExists",
        $"nodes \"{name}\" already exists")
    { Details = Details(name, "nodes") });

    public static ApiException Conflict(string name) => new(new StatusBody(409, "Conflict",
        $"Operation cannot be fulfilled on nodes \"{name}\": the object has been modified; "
        + "please apply your changes to the latest version and try again")
    { Details = Details(name, "nodes") });

    public static ApiException PreconditionFailed(string name, string what, string wanted, string actual) =>
        new(new StatusBody(409, "Conflict",
        $"Operation cannot be fulfilled on nodes \"{name}\": Precondition failed: {what} in precondition: {wanted}, "
        + $"{what} in object meta: {actual}")
        { Details = Details(name, "nodes") });

    public static ApiException BadRequest(string message) => new(new StatusBody(400, "BadRequest", message));

    /// <summary>An invalid resourceVersion of a watch: 500 without a reason.</summary>
    public static ApiException WatchVersionUnreadable(string text) => new(new StatusBody(500, null, VersionUnreadable(text)));

    public static ApiException ListVersionUnreadable(string text) => BadRequest("invalid resource version: " + VersionUnreadable(text));

    public static ApiException Unprocessable() => new(new StatusBody(422, "Invalid",
        "the server rejected our request due to an error in our request")
    { Details = [] });

    public static ApiException UnsupportedMediaType(string message = "415: Unsupported Media Type") =>
        new(new StatusBody(415, "UnsupportedMediaType", message) { Details = [] });

    public static ApiException Expired(string message, string? continueToken = null) =>
        new(new StatusBody(410, "Expired", message) { Continue = continueToken });

    public static ApiException TooLargeVersion(ulong wanted, ulong current) => new(new StatusBody(504, "Timeout",
        $"Timeout: {TooLarge}: {wanted}, current: {current}")
    {
        Details = new()
        {
            ["causes"] = new JsonArray(Cause(new StatusCause("ResourceVersionTooLarge", TooLarge))),
            ["retryAfterSeconds"] = 1,
        },
        RetryAfterSeconds = 1,
    });

    /// <summary>A Node that fails validation. Causes may repeat; the message names each once.</summary>
    public static ApiException InvalidNode(string name, IReadOnlyList<StatusCause> causes) =>
        Invalid($"Node \"{name}\"", name, "Node", causes);

    /// <summary>A patch whose result is no Node: the message carries the whole object.</summary>
    public static ApiException PatchedObjectInvalid(string objectJson, string error)
    {
        var message = $"Invalid value: {System.Text.Json.JsonSerializer.Serialize(objectJson, Quoting)}: {error}";
        return new(new StatusBody(422, "Invalid", $" \"\" is invalid: patch: {message}")
        {
            Details = new() { ["causes"] = new JsonArray(Cause(new StatusCause("FieldValueInvalid", message, "patch"))) },
        });
    }

    public static ApiException InvalidListOptions(IReadOnlyList<StatusCause> causes)
    {
        var summary = string.Join(", ", causes.Select(c => $"{c.Field}: {c.Message}"));
        return new(new StatusBody(422, "Invalid",
            $"ListOptions.meta.k8s.io \"\" is invalid: {(causes.Count > 1 ? $"[{summary}]" : summary)}")
        {
            Details = new()
            {
                ["group"] = "meta.k8s.io",
                ["kind"] = "ListOptions",
                ["causes"] = new JsonArray([.. causes.Select(Cause)]),
            },
        });
    }

    private static readonly System.Text.Json.JsonSerializerOptions Quoting = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static ApiException Invalid(string subject, string name, string kind, IReadOnlyList<StatusCause> causes)
    {
        var distinct = causes.Select(c => $"{c.Field}: {c.Message}").Distinct().ToList();
        var summary = string.Join(", ", distinct);
        return new(new StatusBody(422, "Invalid", $"{subject} is invalid: {(distinct.Count > 1 ? $"[{summary}]" : summary)}")
        {
            Details = new() { ["name"] = name, ["kind"] = kind, ["causes"] = new JsonArray([.. causes.Select(Cause)]) },
        });
    }

    private static JsonObject Cause(StatusCause cause)
    {
        var json = new JsonObject { ["reason"] = cause.Reason, ["message"] = cause.Message };
        if (cause.Field is not null)
        {
            json["field"] = cause.Field;
        }

        return json;
    }

    private static JsonObject Details(string name, string resource, string? group = null)
    {
        var details = new JsonObject { ["name"] = name };
        if (group is not null)
        {
            details["group"] = group;
        }

        details["kind"] = resource;
        return details;
    }

    private static string VersionUnreadable(string text) =>
        $"resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax";
}
