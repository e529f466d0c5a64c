using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Cluster;

/// <summary>The REST API of several gateways: what fails at one of them is asked of the next.</summary>
public sealed class ClusterApi : IFleetApi, IDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private readonly HttpClient[] _gateways;
    private int _next;

    public ClusterApi(IEnumerable<Uri> gateways)
    {
        _gateways = [.. gateways.Select(url => new HttpClient { BaseAddress = url, Timeout = AnswerTimeout })];
    }

    /// <summary>The first gateway.</summary>
    public Uri Url => _gateways[0].BaseAddress!;

    /// <inheritdoc/>
    public async Task<JsonNode> GetAsync(string path)
    {
        var (status, text, _) = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path));
        return status == HttpStatusCode.OK ? JsonNode.Parse(text)! : throw new HttpRequestException($"GET {path}: {(int)status} {text}");
    }

    /// <inheritdoc/>
    public async Task<(int Status, JsonNode? Body, string? ETag)> ConfigureAsync(string backend, string configs, string? ifMatch = null)
    {
        var key = Guid.NewGuid().ToString();
        var (status, text, tag) = await SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"/api/configs/backend/{backend}")
            {
                Content = new StringContent("{\"configs\":" + configs + "}", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("Idempotency-Key", key);
            if (ifMatch is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
            }

            return request;
        });
        return ((int)status, text.Length == 0 ? null : JsonNode.Parse(text), tag);
    }

    public void Dispose()
    {
        foreach (var gateway in _gateways)
        {
            gateway.Dispose();
        }
    }

    /// <summary>The first answer that is none of the server's failures; the last one where all gateways fail.</summary>
    private async Task<(HttpStatusCode Status, string Text, string? ETag)> SendAsync(Func<HttpRequestMessage> makeRequest)
    {
        for (var left = _gateways.Length; ; left--)
        {
            var gateway = _gateways[(uint)Interlocked.Increment(ref _next) % _gateways.Length];
            try
            {
                using var request = makeRequest();
                using var answer = await gateway.SendAsync(request);
                if (answer.StatusCode < HttpStatusCode.InternalServerError || left == 1)
                {
                    return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.ETag?.ToString());
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                if (left == 1)
                {
                    throw new HttpRequestException($"{gateway.BaseAddress}: {failure.Message}", failure);
                }
            }
        }
    }
}
