"""Invented names: towns, communities, roads, compounds, people. Chinese, with pinyin where English is natural.

No name is that of a real division; a pool is walked in shuffled order so that no name comes twice.
"""

from __future__ import annotations

import numpy as np


def _words(text: str) -> list[str]:
    """The words of a pool."""
    return text.split()


CITY, CITY_EN, CITY_CODE = "格安市", "Ge'an", "439781"
"""A county-level city that does not exist: 4397 is the code of no prefecture."""
PREFECTURE = "岭安市"

SUBDISTRICTS = ["临江街道", "文昌街道", "东塔街道", "龙桥街道"]
TOWNS = ["清溪镇", "鹅公镇", "渡头镇", "枫木镇", "石塘镇", "龙塘镇", "沙洲镇", "白石镇", "羊角乡"]

_PINYIN = dict(item.split(":") for item in _words("""
    上:Shang 下:Xia 大:Da 小:Xiao 新:Xin 老:Lao 东:Dong 西:Xi 南:Nan 北:Bei 石:Shi 竹:Zhu 杨:Yang 李:Li
    梅:Mei 枫:Feng 樟:Zhang 荷:He 莲:Lian 白:Bai 黄:Huang 青:Qing 龙:Long 凤:Feng 马:Ma 牛:Niu 金:Jin
    银:Yin 双:Shuang 三:San 五:Wu 七:Qi 高:Gao 长:Chang 平:Ping 清:Qing 塘:Tang 田:Tian 坪:Ping 洲:Zhou
    湾:Wan 冲:Chong 岭:Ling 源:Yuan 溪:Xi 井:Jing 桥:Qiao 头:Tou 口:Kou 背:Bei 江:Jiang 山:Shan 坳:Ao
    垌:Dong 岗:Gang 林:Lin 泉:Quan 寨:Zhai 屋:Wu 和:He 兴:Xing 安:An 康:Kang 宁:Ning 永:Yong 福:Fu
    春:Chun 景:Jing 明:Ming 文:Wen 昌:Chang 临:Lin 塔:Ta 鹅:E 公:Gong 渡:Du 木:Mu 沙:Sha 羊:Yang
    角:Jiao 城:Cheng 关:Guan 滨:Bin 河:He 学:Xue 府:Fu 祥:Xiang 瑞:Rui 锦:Jin 绣:Xiu 园:Yuan 华:Hua
    荣:Rong 德:De 义:Yi 仁:Ren 礼:Li 信:Xin 中:Zhong 正:Zheng 光:Guang 前:Qian 进:Jin 民:Min 生:Sheng
    丰:Feng 裕:Yu 顺:Shun 胜:Sheng 利:Li 建:Jian 设:She 团:Tuan 结:Jie 友:You 谊:Yi 迎:Ying 宾:Bin
    朝:Chao 阳:Yang 潇:Xiao 解:Jie 放:Fang 沿:Yan 格:Ge 站:Zhan 云:Yun 松:Song 柏:Bai 桂:Gui 花:Hua
    湖:Hu 集:Ji 贤:Xian 育:Yu 才:Cai
"""))

_VILLAGE_FIRST = "上下大小新老石竹杨李梅枫樟荷莲白黄青龙凤马牛金银双三五七高长平清云松柏桂"
_VILLAGE_LAST = "塘田坪洲湾冲岭源溪井桥头口背江山坳垌岗林泉寨屋"
_URBAN = _words("""
    和兴 永安 福康 春景 明德 学府 祥瑞 锦绣 华荣 仁义 礼信 中正 光明 前进 民生 丰裕 顺和 胜利 建设 团结
    友谊 迎宾 朝阳 解放 滨河 滨江 河西 城关 东门 西门 南门 北门 文塔 龙城 江岸 沿江 新民 育才 集贤 桂花
    松柏 福兴 宁安 长春 站前 金桥 银山 云湖
""")
_ROADS = _words("""
    建设 解放 人民 文昌 朝阳 迎宾 学府 龙桥 东塔 春景 和平 友谊 福康 永安 民生 长宁 明德 团结 兴业 站前
    金桥 育才 胜利 光明 桂花 云湖 松柏 青山 梅园 荷花 莲塘 凤凰 高新 振兴 祥瑞 安泰 集贤 仁和 礼信 丰裕
""")
_LANES = _words("""
    井 塔 祠堂 豆腐 铁匠 柴行 米行 盐仓 书院 桂花 槐树 水门 竹器 染坊 糖坊 茶亭 石狮 双眼井 小桥 后街
    牌坊 鱼市 药王 财神 更楼
""")
_ESTATE_FIRST = _words("""
    锦绣 金色 阳光 碧水 江畔 御景 翠湖 凤凰 龙城 紫荆 桂花 东方 世纪 滨江 都市 和谐 盛世 华府 丽景 香樟
    橡树 江南 名门 怡心 福临 瑞景 天悦 云顶
""")
_ESTATE_LAST = _words("""
    花园 家园 名苑 新城 小区 华庭 公馆 雅居 国际 豪庭 佳苑 新村 半岛 一品 水岸
""")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾萧田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金贾夏韦付方邹熊"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华文辉玲红建国秀英志健海燕春"
    "梅晓峰俊凯婷雪琴云飞翔宇欣怡浩然子轩佳慧立新庆林永胜"
)


def pinyin(text: str) -> str:
    """The syllables of ``text`` joined, e.g. 清溪 → ``Qingxi``; raises KeyError on a character outside the pools."""
    return "".join(_PINYIN[c] for c in text).capitalize()


def town_en(name: str) -> str:
    """``清溪镇`` → ``Qingxi Town``."""
    for tail, word in (("街道", "Subdistrict"), ("镇", "Town"), ("乡", "Township")):
        if name.endswith(tail):
            return f"{pinyin(name[:-len(tail)])} {word}"
    raise ValueError(f"{name} ends in none of 街道, 镇, 乡")


def villages(rng: np.random.Generator, count: int) -> list[str]:
    """``count`` different village names without 村."""
    pool = [a + b for a in _VILLAGE_FIRST for b in _VILLAGE_LAST if a != b]
    return [pool[i] for i in rng.permutation(len(pool))[:count]]


def urban(rng: np.random.Generator, count: int) -> list[str]:
    """``count`` different names of urban communities without 社区."""
    return [_URBAN[i] for i in rng.permutation(len(_URBAN))[:count]]


def roads(rng: np.random.Generator, count: int) -> list[str]:
    """``count`` different first parts of road names; numbered when the pool runs out."""
    order = [_ROADS[i] for i in rng.permutation(len(_ROADS))]
    numerals = ["", *"二三四五"]
    return [order[i % len(order)] + numerals[i // len(order)] for i in range(count)]


def lanes(rng: np.random.Generator, count: int) -> list[str]:
    """Names of old-town lanes, ending in 巷, numbered (``井一巷``) when the pool runs out."""
    order = [_LANES[i] for i in rng.permutation(len(_LANES))]
    numerals = ["", *"一二三四五六七八九十"]
    return [order[i % len(order)] + numerals[min(i // len(order), 10)] + "巷" for i in range(count)]


def estates(rng: np.random.Generator, count: int) -> list[str]:
    """Names of housing compounds (小区); all different."""
    pool = [a + b for a in _ESTATE_FIRST for b in _ESTATE_LAST]
    order = [pool[i] for i in rng.permutation(len(pool))]
    phases = ["", "二期", "三期", "四期"]
    return [order[i % len(order)] + phases[i // len(order)] for i in range(count)]


def people(rng: np.random.Generator, count: int) -> list[str]:
    """Display names of staff; all different."""
    found: dict[str, None] = {}
    while len(found) < count:
        given = "".join(_GIVEN[i] for i in rng.integers(0, len(_GIVEN), int(rng.integers(1, 3))))
        found[_SURNAMES[int(rng.integers(0, len(_SURNAMES)))] + given] = None
    return list(found)
