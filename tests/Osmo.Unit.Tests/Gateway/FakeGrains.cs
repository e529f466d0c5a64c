using System.Collections.Concurrent;
using System.Reflection;
using Orleans;
using Osmo.Grains.Backends;
using Osmo.Grains.Nodes;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>Orleans' factory of grains, with one scripted grain behind it. Its references to objects are the objects themselves.</summary>
public class FakeGrains : DispatchProxy
{
    private readonly ConcurrentDictionary<object, bool> _references = new(ReferenceEqualityComparer.Instance);
    private ScriptedBackend _backend = null!;

    /// <summary>How many objects are known to Orleans.</summary>
    public int References => _references.Count;

    /// <summary>Makes one.</summary>
    public static (IGrainFactory Factory, FakeGrains Fake) Of(ScriptedBackend backend)
    {
        var factory = Create<IGrainFactory, FakeGrains>();
        var fake = (FakeGrains)(object)factory;
        fake._backend = backend;
        return (factory, fake);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name)
        {
            case nameof(IGrainFactory.GetGrain) when targetMethod.ReturnType == typeof(IBackendGrain):
                _backend.Keys.Enqueue((string)args![0]!);
                return _backend;
            case nameof(IGrainFactory.GetGrain) when targetMethod.ReturnType == typeof(INodeGrain):
                _backend.Keys.Enqueue((string)args![0]!);
                return _backend.Node;
            case nameof(IGrainFactory.CreateObjectReference):
                _references[args![0]!] = true;
                return args[0];
            case nameof(IGrainFactory.DeleteObjectReference):
                _references.TryRemove(args![0]!, out _);
                return null;
            default:
                throw new NotSupportedException(targetMethod.ToString());
        }
    }
}
