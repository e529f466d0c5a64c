using Osmo.Engine.Contract;
using Osmo.Engine.Contract.Rigs;
using Osmo.Testing.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Osmo.Engine.Orleans;

/// <summary>The engine that is Orleans.</summary>
public sealed class OrleansUnderTest(SharedPostgres postgres) : ClusterUnderTest
{
    public override async Task<IClusterRig> StartClusterAsync(RigOptions options)
    {
        var database = await postgres.CreateDatabaseAsync();
        await EngineScripts.ApplyAsync(database);
        var rig = new OrleansRig(database, options);
        await rig.OpenAsync();
        return rig;
    }
}

[CollectionDefinition]
public sealed class OrleansEngineTests : ICollectionFixture<OrleansUnderTest>;

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansActivationTests(OrleansUnderTest engine) : ActivationContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansTurnTests(OrleansUnderTest engine) : TurnContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansRoutingTests(OrleansUnderTest engine) : RoutingContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansFencingTests(OrleansUnderTest engine) : FencingContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansSiloEndTests(OrleansUnderTest engine) : SiloEndContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansPatienceTests(OrleansUnderTest engine) : ClusterPatienceContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansRequestTests(OrleansUnderTest engine) : ClusterRequestContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansAgentTests(OrleansUnderTest engine) : ClusterAgentContract(engine);

[Collection(typeof(OrleansEngineTests))]
public sealed class OrleansWatchTests(OrleansUnderTest engine) : ClusterWatchContract(engine);
