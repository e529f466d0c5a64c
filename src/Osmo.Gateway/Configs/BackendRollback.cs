using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Configs;
using Osmo.Configs.Editing;
using Osmo.Configs.Storage;
using Osmo.Domain.Backends;
using Osmo.Gateway.Calls;
using Osmo.Grains.Backends;
using Osmo.Grains.Storage;

namespace Osmo.Gateway.Configs;

/// <summary>
/// Puts the configurations of backends in force again. Each backend's grain makes the change, so that everything that a change does
/// happens; what the backend is (its cluster, its agent) is not a configuration and stays.
/// </summary>
/// <param name="store">The history.</param>
/// <param name="backends">The documents of a revision, and the backends that there are.</param>
/// <param name="calls">The backends.</param>
internal sealed class BackendRollback(IConfigStore store, IBackendStore backends, BackendCalls calls)
{
    private static readonly string[] Identity = ["name", "version", "k8s_uid", "k8s_namespace"];

    /// <summary>Makes the changes; none of them where one would be refused.</summary>
    /// <returns>What was left out, in words; null where nothing was.</returns>
    public async Task<string?> RollBackAsync(long revision, Audit audit, CancellationToken cancellationToken)
    {
        Configurations.RefuseDeleted(
            await store.ReadRevisionAsync(ConfigType.Backend, revision, cancellationToken)
            ?? throw Configurations.NoRevision(ConfigType.Backend, revision));
        var existing = (await backends.ListAsync(cancellationToken)).ToDictionary(record => record.Name.Value, StringComparer.Ordinal);
        var edits = new List<(BackendName Name, ReplaceFields Edit)>();
        var gone = new List<string>();
        foreach (var document in await backends.ReadDocumentsAtAsync(revision, cancellationToken))
        {
            var (name, edit) = Read(document);
            if (!existing.TryGetValue(name, out var record))
            {
                gone.Add(name);
                continue;
            }

            _ = edit.ApplyTo(record);
            edits.Add((record.Name, edit));
        }

        var change = audit with { Description = Configurations.RollbackDescription(ConfigType.Backend, revision, audit) };
        foreach (var (name, edit) in edits)
        {
            await calls.ConfigureAsync(name, edit, change, expectedRevision: null, cancellationToken);
        }

        return gone.Count == 0
            ? null
            : $"Left out, because no agent has registered them any more: {string.Join(", ", gone)}.";
    }

    private static (string Name, ReplaceFields Edit) Read(string document)
    {
        var fields = (JsonObject)JsonNode.Parse(document)!;
        var name = (string)fields["name"]!;
        Array.ForEach(Identity, field => fields.Remove(field));
        (fields["node_conditions"] as JsonObject)?.Remove("prefix");
        return (name, new ReplaceFields(JsonSerializer.SerializeToElement(fields)));
    }
}
