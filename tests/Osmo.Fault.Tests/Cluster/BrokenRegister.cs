using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Osmo.Fault.Tests.Cluster;

/// <summary>What the server does wrong now and then.</summary>
public enum ServerBug
{
    None,

    /// <summary>It reads from a copy that lags behind.</summary>
    StaleRead,

    /// <summary>It acknowledges what it did not keep.</summary>
    LostWrite,

    /// <summary>It does not know a repeated request for what it is.</summary>
    AppliedTwice,

    /// <summary>It takes a change whose condition does not hold.</summary>
    IgnoredCondition,
}

/// <summary>
/// A server that speaks the part of the REST API that histories are recorded of, and has a bug: what would go unnoticed if the checker
/// of histories could not fail.
/// </summary>
internal sealed class BrokenRegister : IAsyncDisposable
{
    private const double BugShare = 0.02;
    private const double LostAnswerShare = 0.05;

    private readonly WebApplication _app;
    private readonly ServerBug _bug;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly List<(string Backend, string Value)> _history = [("", "Initial configuration")];
    private readonly Dictionary<string, List<(long Revision, string Value)>> _backends = [];
    private readonly ConcurrentDictionary<string, long> _applied = new(StringComparer.Ordinal);

    private BrokenRegister(WebApplication app, ServerBug bug, int seed, IEnumerable<string> backends)
    {
        _app = app;
        _bug = bug;
        _random = new Random(seed);
        foreach (var backend in backends)
        {
            _backends.Add(backend, []);
            Add(backend, $"Create backend {backend}");
        }
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>How often it did something wrong.</summary>
    public int Bugs { get; private set; }

    public static async Task<BrokenRegister> StartAsync(ServerBug bug, int seed, IEnumerable<string> backends)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new BrokenRegister(builder.Build(), bug, seed, backends);
        server._app.MapGet("/api/configs/backend/{name}", server.Read);
        server._app.MapPost("/api/configs/backend/{name}", server.WriteAsync);
        server._app.MapGet("/api/configs/history", server.History);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private IResult Read(HttpContext context, string name)
    {
        lock (_gate)
        {
            var states = _backends[name];
            var isStale = _bug == ServerBug.StaleRead && states.Count > 3 && IsBugDue();
            var (revision, value) = isStale ? states[^3] : states[^1];
            context.Response.Headers.ETag = $"\"{revision}\"";
            return Results.Json(new JsonObject { ["description"] = value });
        }
    }

    private async Task<IResult> WriteAsync(HttpContext context, string name)
    {
        var value = (string)(await context.Request.ReadFromJsonAsync<JsonNode>())!["configs"]!["description"]!;
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        var condition = context.Request.Headers.IfMatch.ToString().Trim('"');
        lock (_gate)
        {
            var current = _backends[name][^1].Revision;
            var isKnown = _applied.TryGetValue(key, out var revision);
            if (isKnown && _bug == ServerBug.AppliedTwice)
            {
                Bugs++;
                isKnown = false;
            }

            var holds = condition.Length == 0 || long.Parse(condition, CultureInfo.InvariantCulture) == current;
            if (!isKnown && !holds && !(_bug == ServerBug.IgnoredCondition && IsBugDue()))
            {
                return Results.StatusCode(StatusCodes.Status412PreconditionFailed);
            }

            if (!isKnown)
            {
                revision = _bug == ServerBug.LostWrite && IsBugDue() ? current : Add(name, value);
                _applied[key] = revision;
            }

            context.Response.Headers.ETag = $"\"{revision}\"";
            return _random.NextDouble() < LostAnswerShare
                ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable)
                : Results.Json<string?>(null);
        }
    }

    private IResult History(int offset, int limit)
    {
        lock (_gate)
        {
            var entries = _history
                .Select((entry, i) => new JsonObject
                {
                    ["revision"] = i + 1,
                    ["name"] = entry.Backend,
                    ["description"] = entry.Value,
                })
                .SkipLast(offset)
                .TakeLast(limit)
                .ToArray<JsonNode>();
            return Results.Json(new JsonObject { ["configs"] = new JsonArray(entries) });
        }
    }

    private long Add(string backend, string value)
    {
        _history.Add((backend, value));
        _backends[backend].Add((_history.Count, value));
        return _history.Count;
    }

    private bool IsBugDue()
    {
        var isDue = _random.NextDouble() < BugShare;
        Bugs += isDue ? 1 : 0;
        return isDue;
    }
}
