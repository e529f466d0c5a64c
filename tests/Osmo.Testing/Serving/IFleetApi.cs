using System.Text.Json.Nodes;

namespace Osmo.Testing.Serving;

/// <summary>The REST API of a server, or of a cluster of them.</summary>
public interface IFleetApi
{
    /// <summary>Where agents connect.</summary>
    Uri Url { get; }

    /// <exception cref="HttpRequestException">The answer is no success.</exception>
    Task<JsonNode> GetAsync(string path);

    /// <summary>Replaces fields of a backend's configuration.</summary>
    Task<(int Status, JsonNode? Body, string? ETag)> ConfigureAsync(string backend, string configs, string? ifMatch = null);
}
