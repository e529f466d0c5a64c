using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>What a service stores of a backend's nodes, by the rules of the recorded one.</summary>
public sealed class ServedRows
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, JsonObject> _resources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonObject> _usage = new(StringComparer.Ordinal);

    /// <summary>Whether each node is available, by host name.</summary>
    public IReadOnlyDictionary<string, bool> Available
    {
        get
        {
            lock (_lock)
            {
                return _resources.ToDictionary(row => row.Key, row => (bool)row.Value["available"]!);
            }
        }
    }

    /// <summary>The node's last <c>resource</c>, or null.</summary>
    public JsonObject? Resource(string hostName)
    {
        lock (_lock)
        {
            return _resources.GetValueOrDefault(hostName);
        }
    }

    /// <summary>An amount that the node's last <c>resource_usage</c> named, or null.</summary>
    public string? Used(string hostName, string resource, bool nonWorkflow = false)
    {
        lock (_lock)
        {
            return (string?)_usage.GetValueOrDefault(hostName)?[nonWorkflow ? "non_workflow_usage_fields" : "usage_fields"]?[resource];
        }
    }

    /// <summary>Forgets everything, as a service does whose backend is deleted.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _resources.Clear();
            _usage.Clear();
        }
    }

    internal void Apply(ServedFrame frame)
    {
        lock (_lock)
        {
            switch (frame.Type)
            {
                case "resource":
                    _resources[frame.Text("hostname")!] = frame.Body;
                    break;
                case "resource_usage":
                    _usage[frame.Text("hostname")!] = frame.Body;
                    break;
                case "delete_resource":
                    _resources.Remove(frame.Text("resource")!);
                    _usage.Remove(frame.Text("resource")!);
                    break;
                case "node_hash":
                    var names = frame.Body["node_hashes"]!.AsArray().Select(name => (string)name!).ToHashSet();
                    foreach (var gone in _resources.Keys.Except(names).ToList())
                    {
                        _resources.Remove(gone);
                        _usage.Remove(gone);
                    }

                    break;
            }
        }
    }
}
