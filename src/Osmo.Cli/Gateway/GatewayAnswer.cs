using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Gateway;

/// <summary>A success of the gateway.</summary>
/// <param name="Text">The body.</param>
/// <param name="ETag">The entity tag; null where there was none.</param>
/// <param name="Source">What was asked, for messages.</param>
internal sealed record GatewayAnswer(string Text, string? ETag, string Source)
{
    /// <exception cref="CliError">The body is no JSON.</exception>
    public JsonNode? Node()
    {
        try
        {
            return JsonNode.Parse(Text);
        }
        catch (JsonException)
        {
            throw new CliError($"{Source} did not answer with JSON. Is that the address of an Osmo gateway?", ExitCode.Unreachable);
        }
    }

    /// <exception cref="CliError">The body is no JSON object.</exception>
    public JsonObject Object() => Node() as JsonObject
        ?? throw new CliError($"{Source} did not answer with a JSON object. Is that the address of an Osmo gateway?", ExitCode.Unreachable);
}
