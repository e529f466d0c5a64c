using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;

namespace Osmo.Cli.Configs;

/// <summary>A configuration as it is now.</summary>
/// <param name="Document">The document.</param>
/// <param name="ETag">Its revision, for a change that must not overwrite somebody else's; null where there is none.</param>
internal sealed record LiveConfig(JsonNode? Document, string? ETag);

/// <summary>Reads configurations and their history.</summary>
internal sealed class ConfigApi(GatewayClient client)
{
    private const string HistoryPath = "api/configs/history";

    public GatewayClient Client { get; } = client;

    /// <summary>The configuration of a type, or a part of it, as it is now.</summary>
    /// <exception cref="CliError">There is no part of that name.</exception>
    public async Task<LiveConfig> ReadAsync(ConfigType type, string? name, CancellationToken cancellationToken)
    {
        if (name is null || !type.NamedRoute)
        {
            var whole = await Client.GetAsync(type.Path(null), cancellationToken);
            var document = Unwrap(type, whole.Node());
            return name is null
                ? new LiveConfig(document, whole.ETag)
                : new LiveConfig(DocumentIndex.Step(document, name, type.Name), whole.ETag);
        }

        try
        {
            var part = await Client.GetAsync(type.Path(name), cancellationToken);
            return new LiveConfig(part.Node(), part.ETag);
        }
        catch (Refusal refusal) when (refusal.Status == HttpStatusCode.NotFound && !refusal.IsMissingRoute)
        {
            throw await NotFoundAsync(type, name, cancellationToken);
        }
    }

    /// <summary>The revision of a type, as an entity tag; null where the gateway does not say.</summary>
    public async Task<string?> RevisionAsync(ConfigType type, CancellationToken cancellationToken) =>
        (await Client.GetAsync(type.Path(null), cancellationToken)).ETag;

    /// <summary>The configuration of a type as a revision had it.</summary>
    public async Task<JsonNode?> ReadRevisionAsync(ConfigType type, long revision, CancellationToken cancellationToken)
    {
        var entries = await HistoryAsync($"omit_data=False&config_types={type}&revision={revision}", cancellationToken);
        return entries.Count > 0
            ? entries[0]!["data"]?.DeepClone()
            : throw new CliError($"No config found matching the specified criteria: {type} has no revision {revision}.");
    }

    /// <summary>The number of the newest revision.</summary>
    public async Task<long> NewestRevisionAsync(ConfigType type, CancellationToken cancellationToken) =>
        (await NewestRevisionsAsync(type, 1, cancellationToken))[0];

    /// <summary>The numbers of the newest revisions, the newest first.</summary>
    public async Task<IReadOnlyList<long>> NewestRevisionsAsync(ConfigType type, int count, CancellationToken cancellationToken)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"omit_data=True&config_types={type}&order=DESC&limit={count}");
        var entries = await HistoryAsync(query, cancellationToken);
        return entries.Count > 0
            ? [.. entries.Select(entry => entry!["revision"]!.GetValue<long>())]
            : throw new CliError($"No config found matching the specified criteria: {type} has no revision yet.");
    }

    /// <summary>The entries of the history that a query selects.</summary>
    public async Task<JsonArray> HistoryAsync(string query, CancellationToken cancellationToken) =>
        (await Client.GetAsync($"{HistoryPath}?{query}", cancellationToken)).Object()["configs"] as JsonArray ?? [];

    /// <summary>Some types wrap their parts on the live route, where the history does not.</summary>
    private static JsonNode? Unwrap(ConfigType type, JsonNode? document) =>
        type == ConfigType.Backend && document is JsonObject { Count: 1 } wrapper && wrapper["backends"] is { } backends
            ? backends.DeepClone()
            : document;

    private async Task<CliError> NotFoundAsync(ConfigType type, string name, CancellationToken cancellationToken)
    {
        var whole = Unwrap(type, (await Client.GetAsync(type.Path(null), cancellationToken)).Node());
        var why = type == ConfigType.Backend ? " A backend appears when its agent first connects." : "";
        return new CliError(
            $"Config name \"{name}\" not found in {type}{Suggestion.For(name, DocumentIndex.Keys(DocumentIndex.Shape(whole)))}{why}");
    }
}
