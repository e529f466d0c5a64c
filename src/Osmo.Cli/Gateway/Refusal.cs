using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Gateway;

/// <summary>A gateway's answer that is no success, as a message for the user.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">What to show.</param>
/// <param name="code">The gateway's code of the problem, such as <c>NotFound</c>; null where it said none.</param>
/// <param name="fields">The fields at fault, by path.</param>
internal sealed class Refusal(HttpStatusCode status, string message, string? code, IReadOnlyList<(string Field, string Message)> fields)
    : CliError(message, ExitCodeOf(status))
{
    private const int DetailCharsMax = 2_000;

    public HttpStatusCode Status { get; } = status;

    public string? Code { get; } = code;

    public IReadOnlyList<(string Field, string Message)> Fields { get; } = fields;

    /// <summary>Whether the gateway has no such route: it is an older or another one.</summary>
    public bool IsMissingRoute => Status == HttpStatusCode.MethodNotAllowed
        || (Status == HttpStatusCode.NotFound && Code is null or "NoSuchEndpoint");

    /// <summary>Reads problem details, and the error bodies of OSMO's service.</summary>
    public static Refusal Of(HttpStatusCode status, string body)
    {
        var (message, code) = ((string?)null, (string?)null);
        var fields = new List<(string, string)>();
        try
        {
            if (JsonNode.Parse(body) is JsonObject problem)
            {
                message = Text(problem["detail"]) ?? Text(problem["message"]);
                code = Text(problem["code"]);
                foreach (var error in (problem["errors"] as JsonArray ?? []).OfType<JsonObject>())
                {
                    fields.Add((Text(error["field"]) ?? "", Text(error["message"]) ?? ""));
                }
            }
        }
        catch (JsonException)
        {
            // What stands before the gateway said something of its own.
        }

        message ??= body.Length is > 0 and < DetailCharsMax && !body.Contains('<')
            ? $"The gateway answered {(int)status} ({status}): {body}"
            : $"The gateway answered {(int)status} ({status}) without saying why.";
        if (status == HttpStatusCode.Unauthorized)
        {
            message += " Log in with 'osmo login URL', or name a file that holds a token with --token-file.";
        }

        return new Refusal(status, message, code, fields);
    }

    private static int ExitCodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests => Cli.ExitCode.RateLimited,
        >= HttpStatusCode.InternalServerError => Cli.ExitCode.Unreachable,
        _ => Cli.ExitCode.BadInput,
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
