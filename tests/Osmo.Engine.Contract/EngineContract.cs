using System.Text.Json;
using Osmo.Configs;
using Osmo.Configs.Storage;
using Osmo.Engine.Contract.Rigs;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Xunit;

namespace Osmo.Engine.Contract;

/// <summary>What the classes of the contract have in common: backends to try the engine on, and what they were asked.</summary>
public abstract class EngineContract
{
    private const int EntriesMax = 10_000;

    private static int _named;

    /// <summary>Ends with the test.</summary>
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A name that no other test has.</summary>
    protected static BackendName NewName() => BackendName.Parse($"backend-{Interlocked.Increment(ref _named)}");

    /// <summary>
    /// An agent that was welcomed, over the front door. As every agent it begins anew where it is asked to, and comes again.
    /// </summary>
    protected static async Task<ScriptedAgent> JoinAsync(IEngineRig rig, BackendName backend)
    {
        ScriptedAgent? joined = null;
        await Eventually.AgreesAsync(
            async () =>
            {
                var agent = await ScriptedAgent.ConnectAsync(rig.Door, backend.Value, ScriptedAgent.HelloOf(backend.Value));
                await Eventually.HoldsAsync(
                    () => agent.Welcome is not null || agent.Restart is not null || agent.Ended, $"an answer to the agent of {backend}");
                if (agent is { Welcome: null, Ended: false })
                {
                    await agent.BeginAnewAsync();
                }

                joined = agent;
                if (agent is { Welcome: not null, Ended: false })
                {
                    return null;
                }

                await agent.DisposeAsync();
                return $"{agent.Refusal}";
            },
            $"the agent of {backend} is welcomed");
        return joined!;
    }

    /// <summary>A backend that an agent has registered, and left.</summary>
    protected static async Task<BackendName> RegisterAsync(IEngineRig rig)
    {
        var backend = NewName();
        await using var agent = await JoinAsync(rig, backend);
        return backend;
    }

    /// <summary>Backends that agents have registered, and left.</summary>
    protected static Task<BackendName[]> RegisterAsync(IEngineRig rig, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => RegisterAsync(rig)));

    /// <summary>A change of the description.</summary>
    protected static ConfigEdit Describe(string text) =>
        new ReplaceFields(JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["description"] = text }));

    /// <summary>Changes a description.</summary>
    protected static Task<BackendRecord> ConfigureAsync(IGrainEngine engine, BackendName backend, string text, RequestId? request = null) =>
        engine.GetBackend(backend).ConfigureAsync(Describe(text), Audit.System with { Request = request }, null, Cancel);

    /// <summary>The description as it is now.</summary>
    protected static async Task<string> ReadAsync(IGrainEngine engine, BackendName backend) =>
        (await engine.GetBackend(backend).GetAsync(Cancel)).Record.Config.Description;

    /// <summary>What the store has made durable of a backend, oldest first; the first entry is its registration.</summary>
    protected static async Task<IReadOnlyList<(long Revision, string? Description)>> HistoryAsync(IEngineRig rig, BackendName backend)
    {
        var query = new ConfigHistoryQuery { Types = [ConfigType.Backend], Name = backend.Value, Limit = EntriesMax };
        return
        [
            .. (await rig.History.ReadHistoryAsync(query, Cancel)).OrderBy(entry => entry.Revision)
                .Select(entry => (entry.Revision, entry.DocumentJson is { } document ? DescriptionOf(document) : null)),
        ];
    }

    /// <summary>What was changed in a backend, oldest first.</summary>
    protected static async Task<IReadOnlyList<string?>> ChangesAsync(IEngineRig rig, BackendName backend) =>
        [.. (await HistoryAsync(rig, backend)).Skip(1).Select(entry => entry.Description)];

    /// <summary>The refusal of a call.</summary>
    protected static async Task<OsmoException> RefusesAsync(ErrorCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<OsmoException>(call);
        Assert.True(refusal.Code == code, $"{code} is expected: {refusal.Code} {refusal.Message}");
        return refusal;
    }

    /// <summary>The engine of every process: the caller's, and each silo's.</summary>
    protected static IReadOnlyList<IGrainEngine> Everywhere(IEngineRig rig) => [rig.Caller, .. rig.Silos.Select(silo => silo.Engine)];

    private static string? DescriptionOf(string document)
    {
        using var parsed = JsonDocument.Parse(document);
        return parsed.RootElement.GetProperty("description").GetString();
    }
}
