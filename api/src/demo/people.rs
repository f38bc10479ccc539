//! Invented names, and the photo that stands for a photo.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "沈", "曾", "彭", "吕", "苏", "卢", "蒋", "蔡", "贾", "丁", "魏", "薛",
    "叶", "阎",
];
const GIVEN: &[&str] = &[
    "建国", "秀英", "志强", "丽华", "海涛", "晓燕", "国平", "玉兰", "永明", "雪梅", "伟民", "春花",
    "文斌", "金凤", "宏伟", "桂芳", "立新", "美玲", "学军", "爱华", "振东", "慧敏", "家明", "素珍",
    "德胜", "佩芬", "正刚", "月琴", "云飞", "静怡", "浩然", "思远", "子涵", "雨欣", "嘉豪", "梦洁",
    "俊杰", "诗雅", "明轩", "佳宁",
];

/// A name nobody has had before in this township.
pub(super) fn name(rng: &mut StdRng, taken: &mut std::collections::HashSet<String>) -> String {
    let mut fallback = 0_u32;
    loop {
        let surname = SURNAMES.choose(rng).copied().unwrap_or("王");
        let given = GIVEN.choose(rng).copied().unwrap_or("建国");
        let mut name = format!("{surname}{given}");
        if fallback > 50 {
            // More people than combinations are asked for: never with the numbers used here.
            name.push_str(&fallback.to_string());
        }
        if taken.insert(name.clone()) {
            return name;
        }
        fallback += 1;
    }
}

/// A picture made of nothing: a sky, a field and a road, as JPEG.
pub(super) fn photo(shade: u8) -> Option<Vec<u8>> {
    let (width, height) = (480_u32, 360_u32);
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let road = x.abs_diff(width / 2) < 20 + y.saturating_sub(165) / 2;
        if y < 165 {
            image::Rgb([150, 190, 220_u8.saturating_sub(shade / 4)])
        } else if road {
            image::Rgb([150, 150, 145])
        } else {
            image::Rgb([110, 150_u8.saturating_add(shade / 4), 80])
        }
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).ok()?;
    Some(bytes.into_inner())
}
