using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;

namespace Osmo.Gateway.Configs;

/// <summary>
/// The document of a backend as OSMO's listeners read it at their start: with the conditions in the words of either generation, so
/// that none judges nodes by others until it is told. Everybody else gets one form, the one that is configured.
/// </summary>
internal static class ListenerDocument
{
    private const string ListenerAgent = "python-requests/";

    /// <summary>Whether a listener asks. Says in the answer that it depends on who asks.</summary>
    public static bool IsAsked(HttpContext context)
    {
        context.Response.Headers.Vary = "User-Agent";
        return context.Request.Headers.UserAgent.ToString().StartsWith(ListenerAgent, StringComparison.Ordinal);
    }

    public static string ToJson(BackendRecord record, DateTimeOffset now)
    {
        var document = JsonNode.Parse(BackendDocument.ToJson(record, now))!;
        var conditions = document[NodeConditionsReader.Field]!;
        var told = RuleTranslation.Of(record.Config.NodeConditions);
        conditions[NodeConditionsReader.AvailableConditions] = List(told.Lists.Additional);
        conditions[NodeConditionsReader.IgnoreConditions] = List(told.Lists.Ignore);
        conditions[NodeConditionsReader.Rules] = new JsonObject(
            told.Pairs.Select(rule => KeyValuePair.Create<string, JsonNode?>(rule.Type, rule.Status)));
        return document.ToJsonString();
    }

    private static JsonArray List(IEnumerable<string> entries) => [.. entries.Select(entry => JsonValue.Create(entry))];
}
