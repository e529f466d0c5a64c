using System.Text.Json.Nodes;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Histories;

/// <summary>What the store has in the end, read over the REST API: every revision of every backend.</summary>
public sealed class StoredHistory
{
    private const int PageItems = 1_000;

    private readonly List<(long Revision, string Backend, string Description)> _entries;

    private StoredHistory(List<(long Revision, string Backend, string Description)> entries) => _entries = entries;

    public static async Task<StoredHistory> ReadAsync(IFleetApi server)
    {
        // The pages come newest first, each by itself oldest first.
        var entries = new List<(long, string, string)>();
        for (var offset = 0; ; offset += PageItems)
        {
            var page = await server.GetAsync(
                $"/api/configs/history?config_types=BACKEND&order=ASC&omit_data=True&offset={offset}&limit={PageItems}");
            var items = page["configs"]!.AsArray();
            entries.InsertRange(0, items.Select(Entry));
            if (items.Count < PageItems)
            {
                return new StoredHistory(entries);
            }
        }
    }

    /// <summary>Every revision of one backend, oldest first. Its value is the description that the change was made with.</summary>
    public IReadOnlyList<RegisterState> Of(string backend) =>
        [.. _entries.Where(entry => entry.Backend == backend).Select(entry => new RegisterState(entry.Revision, entry.Description))];

    /// <summary>Why the revisions of the store are not 1, 2, 3 and so on; null where they are.</summary>
    public string? Gap()
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Revision != i + 1)
            {
                return $"entry {i + 1} of the history has revision {_entries[i].Revision}";
            }
        }

        return null;
    }

    private static (long Revision, string Backend, string Description) Entry(JsonNode? entry) =>
        ((long)entry!["revision"]!, (string)entry["name"]!, (string)entry["description"]!);
}
