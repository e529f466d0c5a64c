using Osmo.Engine.Contract;
using Osmo.Engine.Contract.Rigs;
using Osmo.Engine.Contract.Servers;
using Xunit;

namespace Osmo.Integration.Tests.Engines;

/// <summary>The local engine: one process, with SQLite.</summary>
public sealed class LocalEngine : EngineUnderTest
{
    public override async Task<IEngineRig> StartAsync(RigOptions options) => await LocalServerRig.StartAsync();
}

[CollectionDefinition]
public sealed class LocalEngineTests : ICollectionFixture<LocalEngine>;

[Collection(typeof(LocalEngineTests))]
public sealed class LocalActivationTests(LocalEngine engine) : ActivationContract(engine);

[Collection(typeof(LocalEngineTests))]
public sealed class LocalTurnTests(LocalEngine engine) : TurnContract(engine);

[Collection(typeof(LocalEngineTests))]
public sealed class LocalPatienceTests(LocalEngine engine) : PatienceContract(engine);

[Collection(typeof(LocalEngineTests))]
public sealed class LocalRequestTests(LocalEngine engine) : RequestContract(engine);

[Collection(typeof(LocalEngineTests))]
public sealed class LocalAgentTests(LocalEngine engine) : AgentContract(engine);

[Collection(typeof(LocalEngineTests))]
public sealed class LocalWatchTests(LocalEngine engine) : WatchContract(engine);
